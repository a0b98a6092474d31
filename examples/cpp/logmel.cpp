// The C interface from C++: plans owned by unique_ptr, statuses as exceptions. Prints the log-mel spectrogram's shape, and its
// largest band, of a second of a 1 kHz sine.
#include <fastspec.h>

#include <cmath>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

void check(fspec_status status) {
    if (status != FSPEC_OK)
        throw std::runtime_error(std::string(fspec_status_argument(status)) + ": " + fspec_status_string(status));
}

struct Free {
    void operator()(fspec_frontend *plan) const { fspec_frontend_free(plan); }
};
using Plan = std::unique_ptr<fspec_frontend, Free>;

Plan log_mel(double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels) {
    std::vector<double> bands(static_cast<size_t>(n_mels * (n_fft / 2 + 1)));
    check(fspec_mel_filters(sr, n_fft, n_mels, 0, sr / 2, 0, FSPEC_MEL_NORM_SLANEY, 1, bands.data()));
    fspec_frontend_config config;
    fspec_frontend_config_init(&config);
    config.output = FSPEC_OUT_BANDS;
    config.log = FSPEC_LOG_DB;
    config.n_fft = n_fft;
    config.hop_length = hop_length;
    config.bands = bands.data();
    config.n_bands = n_mels;
    fspec_frontend *plan = nullptr;
    check(fspec_frontend_create(&config, &plan));
    return Plan(plan);
}

} // namespace

int main() {
    const int64_t n = 16000, n_mels = 80;
    std::vector<float> y(n);
    for (int64_t i = 0; i < n; i++)
        y[static_cast<size_t>(i)] = static_cast<float>(std::sin(2 * 3.141592653589793 * 1000 * static_cast<double>(i) / n));
    try {
        Plan plan = log_mel(16000, 400, 160, n_mels);
        const int64_t n_frames = fspec_frontend_n_frames(plan.get(), n);
        std::vector<float> out(static_cast<size_t>(n_frames * n_mels));
        fspec_signal signal = {y.data(), n, sizeof(float), FSPEC_FLOAT32, 0};
        fspec_matrix matrix = {out.data(), sizeof(float), static_cast<int64_t>(sizeof(float)) * n_mels};
        check(fspec_frontend_exec(plan.get(), &signal, &matrix, 1, FSPEC_FLOAT32, nullptr));
        const float *frame = out.data() + (n_frames / 2) * n_mels;
        int64_t loudest = 0;
        for (int64_t band = 1; band < n_mels; band++)
            if (frame[band] > frame[loudest])
                loudest = band;
        std::cout << n_frames << " x " << n_mels << ", loudest band " << loudest << "\n";
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
