//! The program's texts about itself.

use super::server::{Server, binary};
use std::path::Path;
use std::process::{Command, Stdio};

/// The output of the program, which must succeed.
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
        // The installed shells understand their completions.
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("completions");
        std::fs::write(&file, completions).expect("a file");
        if let Ok(output) = Command::new(shell).arg("-n").arg(&file).output() {
            assert!(output.status.success(), "{shell}: {output:?}");
        }
        if shell == "bash" {
            completes(&file);
        }
    }
}

/// The completions of a script in bash, if there is a bash.
fn completes(script: &Path) {
    for (words, wanted) in [
        ("mio-chat serve --bi", "--bind --bind-tls"),
        ("mio-chat serve --max-l", "--max-line"),
        ("mio-chat client --js", "--json"),
        ("mio-chat --bi", "--bind --bind-tls"),
    ] {
        let count = words.split(' ').count() - 1;
        let last = words.rsplit(' ').next().unwrap_or_default();
        let ask = format!(
            ". {}; COMP_WORDS=({words}); COMP_CWORD={count}; \
             _mio__chat mio-chat '{last}'; echo ${{COMPREPLY[*]}}",
            script.display()
        );
        if let Ok(output) = Command::new("bash").args(["-c", &ask]).output() {
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), wanted, "{output:?}");
        }
    }
}

#[test]
fn a_client_with_nothing_to_say_finds_out_whether_there_is_a_chat() {
    // A port without a listener, which the system gives to no program.
    let gone = "127.0.0.1:1";
    let mut client = binary();
    let output = client.args(["client", gone]).stdin(Stdio::null()).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("no chat at http://{gone}/")), "{said}");
    let server = Server::start();
    let output = server.client().stdin(Stdio::null()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
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
    // There is only one page.
    assert!(!manual.contains("mio\\-chat\\-client(1)"), "{manual}");
}
