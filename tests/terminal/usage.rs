//! What the program prints about itself.

use super::server::binary;
use std::process::{Command, Stdio};

/// What the binary prints, which ends well.
fn printed(arguments: &[&str]) -> String {
    let output = binary().args(arguments).stdin(Stdio::null()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn completions_know_the_client() {
    for (shell, text) in
        [("bash", "complete -F"), ("fish", "complete -c mio-chat"), ("zsh", "#compdef mio-chat")]
    {
        let completions = printed(&["completions", shell]);
        assert!(completions.contains(text) && completions.contains("json"), "{completions}");
        // Those shells that are here understand what is for them.
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("completions");
        std::fs::write(&file, completions).expect("a file");
        if let Ok(output) = Command::new(shell).arg("-n").arg(&file).output() {
            assert!(output.status.success(), "{shell}: {output:?}");
        }
    }
}

#[test]
fn the_manual_is_whole() {
    let manual = printed(&["man"]);
    for text in [
        ".SH NAME",
        "SUBCOMMAND CLIENT",
        "MIO_CHAT_ADDRESS",
        "MIO_CHAT_BIND",
        "echo deploy done",
        ".SH \"EXIT STATUS\"",
        "4\nThe server cannot listen",
    ] {
        assert!(manual.contains(text), "{text} in {manual}");
    }
    // There is one page only.
    assert!(!manual.contains("mio\\-chat\\-client(1)"), "{manual}");
}
