//! The command line: errors, help, and the environment (`docs/user-experience.md`, "Starting and
//! stopping").

use super::harness::{Client, Server, run, serve};
use super::process::{binary, shell};
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

fn with(flags: &[&str]) -> Command {
    let mut command = binary();
    command.args(flags);
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program speaks UTF-8")
}

/// The standard error of a command that ends with `code`.
fn fails(command: Command, code: i32) -> String {
    let Output { status, stdout, stderr } = run(command);
    let said = text(&stderr);
    assert_eq!(status.code(), Some(code), "{said}");
    assert!(stdout.is_empty() && !said.contains("panicked") && !said.contains('\x1b'), "{said}");
    said.to_owned()
}

/// The standard output of a command that succeeds.
fn tells(flags: &[&str]) -> String {
    let output = run(with(flags));
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let said = text(&output.stdout);
    assert!(!said.contains('\x1b'), "no colour, for this is no terminal: {said:?}");
    said.to_owned()
}

/// Whether people at both addresses hear each other.
fn talk(server: &Server, here: usize, there: usize) {
    let mut bob = Client::connect_to(server.addresses()[here]).greeted();
    let mut alice = Client::connect_to(server.addresses()[there]).greeted();
    alice.send("hello\n");
    bob.expect_said(&format!("<{}> hello", alice.nick()));
    bob.send("hi\n");
    alice.expect_said(&format!("<{}> hi", bob.nick()));
}

#[test]
fn a_taken_address_is_named_and_its_owner_is_untouched() {
    let server = Server::start(&[]);
    let taken = server.address().to_string();
    let sentence = format!("mio-chat: cannot listen on {taken}: ");
    // The address may be free again in a moment, so the server tries for some seconds: all cases
    // at once.
    let cases = [
        vec!["--bind", &taken],
        vec!["--bind", "127.0.0.1:0", "--bind", &taken],
        vec!["--bind", "127.0.0.1:0", "--http", &taken],
    ];
    thread::scope(|scope| {
        for flags in &cases {
            let (taken, sentence) = (&taken, &sentence);
            scope.spawn(move || {
                let said = fails(with(flags), 4);
                let [first, last] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
                let hint = format!("in use address={taken} hint=\"trying again for 5 s\"");
                assert!(first.ends_with(&hint), "{said}");
                assert!(last.starts_with(sentence), "{said}");
                let hint = format!("; {} takes another address", flags[flags.len() - 2]);
                assert!(last.ends_with(&hint), "{said}");
            });
        }
    });
    talk(&server, 0, 0);
}

#[test]
fn an_address_that_is_free_again_soon_is_had() {
    let owner = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = owner.local_addr().expect("an address");
    let mut command = binary();
    command.args(["--bind", &address.to_string()]);
    let server = thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(Duration::from_secs(3));
            drop(owner);
        });
        Server::from(command)
    });
    assert_eq!(server.address(), address);
    assert_eq!(server.logged("in use address="), 1);
    talk(&server, 0, 0);
}

#[test]
fn a_variable_that_is_mistyped_is_told_at_the_start() {
    let mut command = serve(&[]);
    command.env("MIO_CHAT_MAXLINE", "1000").env("MIO_CHAT_PORT_5000_TCP", "tcp://10.0.0.1:5000");
    let server = Server::from(command);
    let told = "ignored variable=MIO_CHAT_MAXLINE hint=\"MIO_CHAT_MAX_LINE is known\"";
    assert_eq!((server.logged(told), server.logged("ignored variable=")), (1, 1));
}

#[test]
fn flags_of_the_server_may_stand_before_its_name() {
    let mut command = binary();
    command.args(["--bind", "127.0.0.1:0", "serve", "--log", "info"]);
    let server = Server::from(command);
    talk(&server, 0, 0);
    // A value is not a subcommand, and other subcommands do not take these flags.
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = serve(&["--db", "serve"]);
    command.current_dir(folder.path());
    let server = Server::from(command);
    assert!(folder.path().join("serve").exists());
    drop(server);
    let said = fails(with(&["--bind", "127.0.0.1:0", "client"]), 2);
    assert!(said.contains("'--bind <ADDR>'"), "{said}");
}

#[test]
fn an_address_of_another_machine_is_named() {
    // Kept for documentation (RFC 5737), so it is nobody's address.
    let said = fails(with(&["--bind", "192.0.2.1:5555"]), 4);
    assert!(said.starts_with("mio-chat: cannot listen on 192.0.2.1:5555: "), "{said}");
}

#[test]
fn a_wrong_flag_suggests_the_right_one() {
    for (wrong, right) in
        [("--plian", "--plain"), ("--max-lines", "--max-line"), ("--bnd", "--bind")]
    {
        let said = fails(with(&[wrong]), 2);
        assert!(
            said.contains(&format!("'{wrong}'")) && said.contains(&format!("'{right}'")),
            "{said}"
        );
        assert!(said.contains("Usage: mio-chat"), "{said}");
    }
}

#[test]
fn values_out_of_range_are_refused_with_the_flag() {
    for (flag, values) in [
        ("--bind", &["55555", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:", "", "256.0.0.1:1"][..]),
        ("--idle-flush", &["-1", "60001", "soon", ""]),
        ("--max-clients", &["0", "-1", "4294967296", "many"]),
        ("--max-line", &["0", "63", "65537", "4k"]),
        ("--max-queue", &["0", "65535", "1073741825"]),
        ("--rate", &["-1", "1000001", "0.5"]),
        ("--log", &["loud", ""]),
    ] {
        for value in values {
            let said = fails(with(&[&format!("{flag}={value}")]), 2);
            assert!(said.contains(&format!("'{flag} <")), "{flag}={value}: {said}");
        }
        let said = fails(with(&[flag]), 2);
        assert!(said.contains(&format!("'{flag} <")), "{said}");
    }
    let said = fails(with(&["--plain=perhaps"]), 2);
    assert!(said.contains("'--plain'"), "{said}");
}

#[test]
fn without_a_door_there_is_no_server() {
    for flags in [&["--bind", "none"][..], &["--bind", "none,none"], &["serve", "-b", "none"]] {
        let said = fails(with(&[flags, &["--http", "none"]].concat()), 2);
        assert_eq!(said, "mio-chat: no door is open; --bind 127.0.0.1:55555 opens one\n");
    }
    // A closed door does not close the others.
    let server = Server::start(&["--bind", "none"]);
    talk(&server, 0, 0);
}

/// Columns of the short help where no terminal says how many it has.
const SHORT_COLUMNS: usize = 100;

#[test]
fn help_begins_with_three_examples() {
    for flags in [&["--help"][..], &["serve", "--help"]] {
        let help = tells(flags);
        let mut lines = help.lines();
        assert_eq!(lines.next(), Some("Examples:"));
        let examples: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
        assert_eq!(examples.len(), 3, "{help}");
        assert!(examples.iter().all(|line| line.starts_with("  mio-chat ")), "{help}");
        for flag in ["bind", "plain", "idle-flush", "max-clients", "max-line", "max-queue"] {
            let name = flag.to_uppercase().replace('-', "_");
            let told = help.contains(&format!("--{flag}"));
            assert!(told && help.contains(&format!("MIO_CHAT_{name}")), "{flag} in {help}");
        }
    }
}

#[test]
fn the_short_help_has_one_line_for_each_flag() {
    for command in [&[][..], &["serve"], &["client"], &["export"], &["ban"]] {
        let [short, long] = ["-h", "--help"].map(|flag| tells(&[command, &[flag]].concat()));
        let is_flag = |line: &&str| line.starts_with("  -") || line.starts_with("      --");
        let flags: Vec<&str> = short.lines().filter(is_flag).collect();
        for flag in long.lines().filter(is_flag) {
            // A command whose flags need few words has them in columns in both.
            let flag = flag.trim().split("  ").next().unwrap_or_default();
            assert!(flags.iter().any(|line| line.contains(flag)), "{flag} in {short}");
        }
        let (_, lines) = short.split_once("Options:\n").expect("it has options");
        let is_heading = |line: &str| line.is_empty() || line.ends_with(':');
        for line in lines.lines().filter(|line| !is_heading(line)) {
            assert!(is_flag(&line) && line.len() <= SHORT_COLUMNS, "{line}");
            // Its explanation is on the same line.
            assert!(line.trim_start().contains("  "), "{line}");
        }
        assert!(short.lines().count() * 2 < long.lines().count() * 3, "{short}");
        assert!(2 * short.len() < 3 * long.len(), "{} and {} bytes", short.len(), long.len());
    }
}

#[test]
fn the_version_is_told() {
    assert_eq!(tells(&["--version"]), concat!("mio-chat ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn the_environment_says_what_no_flag_says() {
    let mut command = binary();
    command.env("MIO_CHAT_BIND", "127.0.0.1:0,127.0.0.1:0").env("MIO_CHAT_PLAIN", "1");
    let server = Server::from(command);
    let mut bob = Client::connect_to(server.addresses()[0]);
    let alice = Client::connect_to(server.addresses()[1]);
    server.wait_logged("connect ip=", 2);
    alice.send("hello\n");
    bob.expect("hello");
}

#[test]
fn a_flag_beats_the_environment() {
    let mut command = serve(&["--log", "info", "--max-line", "4096"]);
    command.env("MIO_CHAT_BIND", "192.0.2.1:5555").env("MIO_CHAT_LOG", "off");
    command.env("MIO_CHAT_MAX_LINE", "64").env("MIO_CHAT_PLAIN", "0");
    let server = Server::from(command);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let long = "x".repeat(100);
    alice.send(format!("{long}\n"));
    bob.expect_said(&format!("<alice> {long}"));
    server.wait_logged("connect ip=", 2);
}

#[test]
fn every_flag_reads_the_environment() {
    for name in ["BIND", "IDLE_FLUSH", "MAX_CLIENTS", "MAX_LINE", "MAX_QUEUE", "RATE", "LOG"] {
        let mut command = if name == "BIND" { binary() } else { serve(&[]) };
        command.env(format!("MIO_CHAT_{name}"), "nonsense");
        let said = fails(command, 2);
        let flag = name.to_lowercase().replace('_', "-");
        assert!(said.contains("'nonsense'") && said.contains(&format!("'--{flag} <")), "{said}");
    }
}

#[test]
fn a_variable_that_is_empty_is_none() {
    for subcommand in [&[][..], &["serve"]] {
        let mut command = binary();
        command.args(subcommand).args(["--bind", "127.0.0.1:0"]);
        for name in
            ["BIND", "PLAIN", "IDLE_FLUSH", "MAX_CLIENTS", "MAX_LINE", "MAX_QUEUE", "RATE", "LOG"]
        {
            command.env(format!("MIO_CHAT_{name}"), "");
        }
        let server = Server::from(command);
        talk(&server, 0, 0);
    }
}

#[test]
fn several_addresses_are_one_chat() {
    let server = Server::start(&["--bind", "127.0.0.1:0", "-b", "0.0.0.0:0"]);
    assert_eq!(server.addresses().len(), 3);
    talk(&server, 0, 1);
    talk(&server, 1, 2);
    assert_eq!(server.logged("  open to everyone who can reach this machine: "), 1);
    // The HTTP door is another.
    assert_eq!(server.logged("  open to this machine only: web; --http 0.0.0.0:"), 1);
}

#[test]
fn both_families_are_one_chat() {
    // Not every machine has the second one.
    if TcpListener::bind("[::1]:0").is_ok() {
        let server = Server::start(&["--bind", "[::1]:0"]);
        assert!(server.addresses()[1].is_ipv6());
        talk(&server, 0, 1);
        assert_eq!(server.logged("  open to this machine only; --bind 0.0.0.0:"), 1);
    }
}

#[test]
fn all_addresses_of_both_families_can_have_the_same_port() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    // An address for all of IPv6 accepts IPv4 too, if there is no other.
    let mut command = binary();
    command.args(["--bind", "[::]:0"]);
    let server = Server::from(command);
    let port = server.address().port();
    let here = |ip: [u8; 4]| SocketAddr::from((ip, port));
    let alice = Client::connect_to(here([127, 0, 0, 1])).greeted();
    drop((alice, server));
    for first in [format!("0.0.0.0:{port}"), format!("127.0.0.1:{port}")] {
        for both in [[&*first, &format!("[::]:{port}")], [&format!("[::]:{port}"), &*first]] {
            let mut command = binary();
            command.args(["--bind", both[0], "--bind", both[1]]);
            let server = Server::from(command);
            assert_eq!(server.addresses().len(), 2);
            let mut bob =
                Client::connect_to(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).greeted();
            let alice = Client::connect_to(here([127, 0, 0, 1])).greeted();
            alice.send("hello\n");
            bob.expect_said(&format!("<{}> hello", alice.nick()));
        }
    }
}

/// A shell command for a server with a limit of open files.
fn limited(limit: &str) -> Command {
    shell(&format!("ulimit {limit} && exec \"$0\" --bind 127.0.0.1:0"))
}

#[test]
fn a_low_limit_of_open_files_allows_fewer_clients_and_is_told() {
    let server = Server::from(limited("-n 64"));
    assert_eq!(server.logged("the limit of open files allows only max_clients=32"), 1);
    let clients: Vec<Client> = (0..32).map(|_| Client::guest(&server)).collect();
    let told = Client::connect(&server).rest();
    assert!(told[0].starts_with("* server is full"), "{told:?}");
    drop(clients);
}

#[test]
fn a_limit_that_allows_no_client_is_refused_with_the_number_needed() {
    for limit in [24, 32] {
        let said = fails(limited(&format!("-n {limit}")), 1);
        let expected = format!(
            "mio-chat: the limit of open files is {limit}, at least 33 are needed; see ulimit -n\n"
        );
        assert_eq!(said, expected);
    }
    // The number in the error is right.
    let server = Server::from(limited("-n 33"));
    drop(Client::guest(&server));
}

#[test]
fn a_soft_limit_of_open_files_is_raised() {
    let server = Server::from(limited("-S -n 24"));
    let clients: Vec<Client> = (0..40).map(|_| Client::guest(&server)).collect();
    assert_eq!(server.logged("refused"), 0);
    drop(clients);
}
