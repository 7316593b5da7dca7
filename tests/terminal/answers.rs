//! What a script hears of its commands.

use super::pipe::{run, said};
use super::server::Server;

#[test]
fn commands_are_answered() {
    let server = Server::start();
    server.post("bob", b"the kettle is on");
    for plain in [&["--plain"][..], &[]] {
        let mut command = server.client();
        let output = run(command.args(plain), "/who\n/search kettle\n/history 1\n");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{text} {}", said(&output));
        assert_eq!(text.matches("<bob> the kettle is on\n").count(), 2, "{text}");
        assert!(said(&output).contains("* in #lobby: "), "{}", said(&output));
    }
}

#[test]
fn what_follows_a_refused_move_is_told_of() {
    let server = Server::start();
    let output = run(server.client(), "one\n/nick bad name!\ntwo\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("; what follows is not sent"), "{}", said(&output));
    let output = run(server.client(), "one\n/nick bad name!\n");
    assert!(!said(&output).contains("what follows"), "{}", said(&output));
}
