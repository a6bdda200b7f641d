//! Flushes denormal numbers to zero for the length of a call.
//!
//! Numbers below 1.2e-38 are far below anything audible, and arithmetic with them takes up to a hundred
//! times as long: a network whose memory fades out in silence would suddenly miss its deadline. The
//! processor can treat them as zero, thread by thread. Everything that runs a network does so inside
//! [`flushed`], in real time and for files alike, for else their results would not be the same bits.

#![allow(
    unsafe_code,
    reason = "the processor's floating-point mode has no safe interface"
)]

/// Runs `work` with denormals flushed to zero on this thread (x86-64: FTZ and DAZ of MXCSR; arm64: FZ
/// of FPCR), and restores the thread's mode afterwards, also when `work` panics.
pub fn flushed<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: the language assumes the default mode, in which a denormal result stays what it is. What
    // depends on that assumption is the value of arithmetic on denormals alone: either the compiler
    // folds it in advance or the processor flushes it, and `work`, which is audio, takes both. Neither
    // exceptions nor rounding are changed, and the guard of `no_denormals` restores the mode.
    unsafe { no_denormals::no_denormals(|| apart(work)) }
}

/// Keeps the arithmetic of `work` between the two changes of mode: inlined, the compiler moves it past
/// them, for it does not know that they matter to it.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}
