//! Raw float32 samples from stdin to a log-mel spectrogram on stdout, through the C library.
//!
//!     rustc -O -L native=PREFIX/lib -l static=fastspec logmel.rs
//!     logmel SR N_FFT HOP_LENGTH N_MELS <samples >bands

use std::ffi::CStr;
use std::io::{Read, Write};
use std::os::raw::{c_char, c_double, c_float, c_int};

mod ffi {
    use super::*;
    extern "C" {
        pub fn fspec_status_string(status: c_int) -> *const c_char;
        pub fn fspec_once_n_frames(n_samples: i64, n_fft: i64, hop_length: i64) -> i64;
        pub fn fspec_once_mel(
            y: *const c_float,
            n_samples: i64,
            sr: c_double,
            n_fft: i64,
            hop_length: i64,
            n_mels: i64,
            db: c_int,
            out: *mut c_float,
        ) -> c_int;
    }
}

/// Decibels of mel bands, frame after frame; fastspec's own words where it refuses.
pub fn log_mel(y: &[f32], sr: f64, n_fft: i64, hop_length: i64, n_mels: i64) -> Result<Vec<f32>, String> {
    let n_samples = y.len() as i64;
    // SAFETY: takes numbers only.
    let n_frames = unsafe { ffi::fspec_once_n_frames(n_samples, n_fft, hop_length) };
    let size = n_frames.checked_mul(n_mels.max(0)).ok_or("too many values")?;
    // One value where there are none, so that the pointer is good; the function refuses then.
    let mut out = vec![0f32; size.max(1) as usize];
    // SAFETY: y holds n_samples values, out n_frames * n_mels; neither is kept.
    let status = unsafe {
        ffi::fspec_once_mel(y.as_ptr(), n_samples, sr, n_fft, hop_length, n_mels, 1, out.as_mut_ptr())
    };
    if status != 0 {
        // SAFETY: the texts are never NULL and good for ever.
        let text = unsafe { CStr::from_ptr(ffi::fspec_status_string(status)) };
        return Err(text.to_string_lossy().into_owned());
    }
    out.truncate(size as usize);
    Ok(out)
}

fn run() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [sr, n_fft, hop_length, n_mels] = arguments.as_slice() else {
        return Err("usage: logmel SR N_FFT HOP_LENGTH N_MELS".into());
    };
    let whole = |text: &str| text.parse::<i64>().map_err(|e| format!("{text}: {e}"));
    let rate: f64 = sr.parse().map_err(|e| format!("{sr}: {e}"))?;
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    let y: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let bands = log_mel(&y, rate, whole(n_fft)?, whole(hop_length)?, whole(n_mels)?)?;
    let out: Vec<u8> = bands.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::io::stdout().write_all(&out).map_err(|e| e.to_string())
}

fn main() {
    if let Err(text) = run() {
        eprintln!("logmel: {text}");
        std::process::exit(1);
    }
}
