//! The checksums of other tools.

use sha2::{Digest as _, Sha256, Sha384};
use std::fmt::Write as _;

/// SHA-256 in hexadecimal digits: Prisma's and Drizzle's.
pub(super) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// SHA-384 in hexadecimal digits: sqlx's.
pub(super) fn sha384(text: &str) -> String {
    hex(&Sha384::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// SipHash-1-3 without a key: refinery's
/// (<https://www.aumasson.jp/siphash/siphash.pdf>).
pub(super) fn siphash13(bytes: &[u8]) -> u64 {
    let mut state =
        [0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573];
    let mut words = bytes.chunks_exact(8);
    for word in words.by_ref() {
        absorb(&mut state, u64::from_le_bytes(word.try_into().expect("a chunk has eight bytes")));
    }
    let mut last = [0; 8];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    // The last byte is the length, as far as it fits.
    last[7] = bytes.len().to_le_bytes()[0];
    absorb(&mut state, u64::from_le_bytes(last));
    state[2] ^= 0xff;
    (0..3).for_each(|_| round(&mut state));
    state.into_iter().fold(0, std::ops::BitXor::bitxor)
}

fn absorb(state: &mut [u64; 4], word: u64) {
    state[3] ^= word;
    round(state);
    state[0] ^= word;
}

fn round([a, b, c, d]: &mut [u64; 4]) {
    *a = a.wrapping_add(*b);
    *b = b.rotate_left(13) ^ *a;
    *a = a.rotate_left(32);
    *c = c.wrapping_add(*d);
    *d = d.rotate_left(16) ^ *c;
    *a = a.wrapping_add(*d);
    *d = d.rotate_left(21) ^ *a;
    *c = c.wrapping_add(*b);
    *b = b.rotate_left(17) ^ *c;
    *c = c.rotate_left(32);
}
