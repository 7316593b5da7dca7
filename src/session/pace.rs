//! How fast one client may post.

use crate::limits::{BYTES_PER_POST, RATE_BURST_S};

/// The generic cell rate algorithm (ITU-T I.371): a burst, then a steady pace. It refuses nothing,
/// it says when to go on.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Microseconds between posts; 0 is no limit.
    interval_us: u32,
    /// When the post after the last one would be due at a steady pace, in microseconds.
    next_us: u64,
}

impl Pace {
    /// A pace of `per_s` posts per second after a burst of [`RATE_BURST_S`] seconds' worth;
    /// 0 is no limit.
    pub fn new(per_s: u32) -> Self {
        Self { interval_us: 1_000_000_u32.checked_div(per_s).unwrap_or(0), next_us: 0 }
    }

    /// Counts one post at `now_ms`.
    pub fn post(&mut self, now_ms: u64) {
        self.next_us = self.next_us.max(now_ms * 1000) + u64::from(self.interval_us);
    }

    /// Counts one post of `bytes`: a long one as several, for all that it makes others receive.
    pub fn post_bytes(&mut self, now_ms: u64, bytes: usize) {
        let posts = 1 + bytes / BYTES_PER_POST;
        let cost_us = u64::from(self.interval_us) * posts as u64;
        self.next_us = self.next_us.max(now_ms * 1000) + cost_us;
    }

    /// When the next post is allowed, in milliseconds; `None` if it is now.
    pub fn blocked_until(&self, now_ms: u64) -> Option<u64> {
        let burst_us = u64::from(RATE_BURST_S) * 1_000_000;
        let from_us = self.next_us.saturating_sub(burst_us.saturating_sub(self.interval_us.into()));
        (from_us > now_ms * 1000).then(|| from_us.div_ceil(1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_a_steady_pace() {
        let mut pace = Pace::new(20);
        let mut now_ms = 1000;
        for _ in 0..100 {
            assert_eq!(pace.blocked_until(now_ms), None);
            pace.post(now_ms);
        }
        for _ in 0..50 {
            let until = pace.blocked_until(now_ms).expect("the burst is spent");
            assert_eq!(until, now_ms + 50);
            now_ms = until;
            pace.post(now_ms);
        }
        now_ms += 100_000;
        for _ in 0..100 {
            assert_eq!(pace.blocked_until(now_ms), None);
            pace.post(now_ms);
        }
        assert!(pace.blocked_until(now_ms).is_some());
    }

    #[test]
    fn a_long_post_counts_as_many() {
        let mut pace = Pace::new(20);
        pace.post_bytes(0, BYTES_PER_POST - 1);
        assert_eq!(pace.next_us, 50_000);
        pace.post_bytes(0, 120 * BYTES_PER_POST);
        // 122 posts, of which 100 are the burst: more than a second's wait for the next.
        assert!(pace.blocked_until(0).is_some_and(|until_ms| until_ms > 1000));
    }

    #[test]
    fn zero_is_no_limit() {
        let mut pace = Pace::new(0);
        for _ in 0..100_000 {
            pace.post(5);
        }
        assert_eq!(pace.blocked_until(5), None);
    }
}
