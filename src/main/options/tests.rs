use super::*;
use clap::CommandFactory;
use log::LevelFilter;

#[test]
fn the_flags_are_well_formed() {
    Options::command().debug_assert();
}

#[test]
fn serve_is_the_default_subcommand() {
    for line in [&["mio-chat", "-b", "[::1]:7"][..], &["mio-chat", "serve", "-b", "[::1]:7"]] {
        let options = Options::try_parse_from(line).expect("good flags");
        let serve = match options.command {
            Some(Command::Serve(serve)) => *serve,
            _ => options.serve,
        };
        let address = "[::1]:7".parse().expect("an address");
        assert_eq!(serve.bind, [Bind::Addresses(vec![address])]);
        assert_eq!(
            (serve.changing.rate, serve.max_line, serve.changing.log),
            (20, 4096, LevelFilter::Info)
        );
    }
}

#[test]
fn this_machine_is_believed_unless_others_are() {
    let trusted = |line: &[&str]| {
        let options = Options::try_parse_from([&["mio-chat"], line].concat());
        let trusted = options.expect("good flags").serve.changing.trust_proxy.into_iter();
        trusted.map(|trust| format!("{trust:?}")).collect::<Vec<_>>()
    };
    assert_eq!(trusted(&[]), ["Network(127.0.0.0/8)", "Network(::1/128)"]);
    assert_eq!(trusted(&["--trust-proxy", "none"]), ["Nobody"]);
    let both = trusted(&["--trust-proxy", "10.0.0.0/8,fd00::/8", "--trust-proxy=10.0.0.1"]);
    assert_eq!(both, ["Network(10.0.0.0/8)", "Network(fd00::/8)", "Network(10.0.0.1/32)"]);
}

#[test]
fn bad_values_are_refused() {
    for flags in [
        &["--bind", "55555"][..],
        &["--bind", "127.0.0.1:70000"],
        &["--bind", "127.0.0.1"],
        &["--max-line", "1"],
        &["--rate", "-1"],
        &["--max-clients", "0"],
        &["--log", "loud"],
        &["--host", "https://chat.example"],
        &["--host", ""],
        &["--origin", "chat.example"],
        &["--origin", "https://chat.example/page"],
        &["--trust-proxy", "proxy.example"],
        &["--trust-proxy", "10.0.0.0/33"],
        &["--history-max", "1K"],
        &["--keep", "-1"],
        &["--plian"],
    ] {
        let line = [&["mio-chat"], flags].concat();
        assert_eq!(Options::try_parse_from(line).expect_err("bad flags").exit_code(), 2);
    }
}
