//! The seed of a run, which a failure prints.

/// Prints the seed after a failure of any kind.
pub struct Named(pub u64);

impl Drop for Named {
    #[allow(clippy::print_stderr, reason = "a test that fails")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}", self.0);
        }
    }
}
