/* The table of one tier and one element type: included last, once per type. */

const fs_kernels FS_CAT(TIER_NAME, FS_TYPE) = {
    TIER_STRING, LANES, sizeof(real), &FS_CAT(TIER_NARROW, FS_TYPE),
    KN(multiply), KN(power), KN(rows_to_lanes), KN(lanes_to_rows), KN(project), KN(compress), KN(clip_lanes), KN(extremes),
    KN(mix), KN(multiply_add), KN(divide), KN(compress_array), KN(shift_clip), KN(rephase), fs_k_turns, KN(all_finite),
    KN(fft_spread), KN(fft_gather), KN(fft_forward), KN(fft_inverse), KN(complex_block_inverse), KN(chirp_forward),
    KN(chirp_inverse), KN(overlap_add), KN(block_power),
    KN(condition), KN(lift_power), KN(affine), KN(affine_each), KN(affine_rows), KN(complex_to_rows), KN(rows_to_complex),
    KN(halfband), KN(decimate), KN(decimate_bins), KN(cqt_fold), KN(cqt_pairs), KN(cqt_samples), KN(cqt_phases),
    KN(cqt_project), KN(cqt_turn),
    TIER_BITS == 512 ? 8 : 6,
    KN(fold_rows), KN(drop_small), KN(quantise),
    KN(icqt_plain), KN(icqt_folded), KN(icqt_add), KN(halfband_up), KN(interpolate),
    KN(long_columns), KN(long_rows), KN(long_pairs), KN(weigh), KN(weigh_add),
    KN(peaks), fs_k_pitch_bins,
    &FS_CAT(TIER_LONE, FS_TYPE), NULL, 0,
    KN(pcen), KN(filter),
    KN(running_rank),
    KN(bin_sums), KN(bin_deviations), KN(bins_below), KN(bin_means), KN(bin_tails), KN(sum_squares), KN(crossings),
    KN(decibels_to_power), KN(vocode), KN(add_squares), fs_k_nearest_step, fs_k_nearest_spectra,
    KN(raise_sums),
};
