use super::*;
use crate::options::Options;
use crate::user::User;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// The folder of a history about which nothing is unsafe.
fn folder() -> Folder {
    let path = "/var/lib/chat".into();
    Folder { path, is_writable: true, free: u64::MAX, ..Folder::default() }
}

/// A machine about which nothing is unsafe.
fn good() -> Machine {
    let (files, memory) = (65_536, Some(1 << 33));
    Machine { files, memory, folder: Some(folder()), ..Machine::default() }
}

fn concerns_of(flags: &[&str], machine: &Machine) -> Vec<String> {
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    all(&Options::of_record(&flags).expect("good flags"), machine)
}

#[test]
fn the_defaults_and_a_server_after_a_proxy_are_safe() {
    for flags in [
        &[][..],
        &["--bind=unix:/run/a.sock", "--http=127.0.0.1:80", "--host=chat.example"],
        &["--trust-proxy=10.0.0.0/8", "--trust-proxy=192.0.2.7", "--trust-proxy=fd00::/8"],
        &["--redis=redis://127.0.0.1:6379/0"],
        &["--redis=redis+unix:///run/redis.sock"],
        &["--redis=unix:/run/redis.sock"],
        &["--open-metrics", "--rate=0"],
    ] {
        assert_eq!(concerns_of(flags, &good()), [""; 0], "{flags:?}");
    }
}

#[test]
fn each_flag_that_is_unsafe_is_one_concern() {
    for (flags, told) in [
        (&["--bind=0.0.0.0:5555"][..], "in the clear at 0.0.0.0:5555: --bind-tls"),
        (&["--http=[::]:80"], "in the clear at [::]:80: --https"),
        (&["--metrics=0.0.0.0:9100"], "sees the metrics (--metrics)"),
        (&["--origin=*"], "(--origin '*')"),
        (&["--host=*"], "(--host '*')"),
        (&["--trust-proxy=0.0.0.0/0"], "in 0.0.0.0/0 can pretend"),
        (&["--trust-proxy=192.0.0.0/20"], "(--trust-proxy)"),
        (&["--trust-proxy=::/0"], "in ::/0 can pretend"),
        (&["--max-memory=none"], "(--max-memory none)"),
        (&["--max-memory=9G"], "9216 MiB of memory, and there are 8192 MiB"),
        (&["--max-clients=70000"], "65504 clients instead of 70000"),
        (&["--history-max=none"], "(--history-max none)"),
        (&["--db=none", "--record=run.rec"], "run.rec (--record)"),
        (&["--redis=redis://:x@redis.example:6379"], "in the clear: rediss://"),
        (&["--redis=rediss://[2001:db8::1]:6379"], "Redis at 2001:db8::1 wants no password"),
    ] {
        // Where the history is, does not matter here if there is none.
        let machine = match flags[0] == "--db=none" {
            true => Machine { folder: None, ..good() },
            false => good(),
        };
        let concerns = concerns_of(flags, &machine);
        // A password in a flag is a concern of its own.
        let is_other = |it: &&String| !it.contains("see the password");
        let concerns: Vec<_> = concerns.iter().filter(is_other).collect();
        assert_eq!(concerns.len(), 1, "{flags:?}: {concerns:?}");
        assert!(concerns[0].contains(told), "{concerns:?} does not contain {told}");
    }
    let seen = concerns_of(&["--redis=redis://:secret@127.0.0.1"], &good());
    assert!(seen.len() == 1 && seen[0].contains("see the password"), "{seen:?}");
    assert!(!seen[0].contains("secret"));
    let two = concerns_of(&["--http=0.0.0.0:80", "--open-metrics"], &good());
    assert!(two.len() == 2 && two[1].contains("--open-metrics"), "{two:?}");
    let two = concerns_of(&["--http=0.0.0.0:80", "--rate=0"], &good());
    assert!(two.len() == 2 && two[1].contains("--rate"), "{two:?}");
}

#[test]
fn a_door_is_a_concern_where_everybody_on_the_way_can_read_it() {
    for door in DOORS {
        let bind = format!("--{}=192.0.2.7:7777", door.flag);
        let flags = [&*bind, "--tls-cert=cert.pem", "--tls-key=key.pem"];
        let mut concerns = concerns_of(&flags, &good()).into_iter();
        let clear = concerns.find(|it| it.contains("in the clear at 192.0.2.7:7777"));
        assert_eq!(clear.is_some(), door.clear.is_some(), "{}: {clear:?}", door.flag);
    }
}

#[test]
fn each_thing_about_the_machine_that_is_unsafe_is_one_concern() {
    let with = |folder: Folder| Machine { folder: Some(folder), ..good() };
    let history = vec![(PathBuf::from("/a.db"), 0o100_644)];
    for (machine, told) in [
        (Machine { is_root: true, ..good() }, "as root"),
        (Machine { files: 1024, ..good() }, "992 clients instead of 10000"),
        (Machine { memory: Some(1 << 20), ..good() }, "256 MiB of memory, and there are 1 MiB"),
        (with(Folder { is_writable: false, ..folder() }), "cannot be written"),
        (with(Folder { is_in_memory: true, ..folder() }), "in memory"),
        (with(Folder { is_elsewhere: true, ..folder() }), "another machine's disk"),
        (with(Folder { mode: 0o40_777, ..folder() }), "chmod o-w /var/lib/chat"),
        (with(Folder { free: 1 << 20, ..folder() }), "has 1 MiB left"),
        (Machine { history, ..good() }, "chmod 600 /a.db"),
        (Machine { config: Some(0o100_666), ..good() }, "can write"),
    ] {
        let concerns = concerns_of(&[], &machine);
        assert_eq!(concerns.len(), 1, "{machine:?}: {concerns:?}");
        assert!(concerns[0].contains(told), "{concerns:?} does not contain {told}");
    }
    // A folder such as /tmp is sticky.
    assert_eq!(concerns_of(&[], &with(Folder { mode: 0o41_777, ..folder() })), [""; 0]);
}

#[test]
fn a_secret_of_nodes_that_all_can_read_is_one_concern() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cluster.secret");
    std::fs::write(&file, "a secret of the nodes\n").expect("a file");
    let may = |mode| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("it is ours");
        let secret = format!("--cluster-secret={}", file.display());
        concerns_of(&["--redis=redis://127.0.0.1", &secret], &good())
    };
    assert_eq!(may(0o640), [""; 0]);
    let told = may(0o644);
    assert!(told.len() == 1 && told[0].ends_with(&format!("chmod o-r {}", file.display())));
}

#[test]
fn root_may_open_a_door_for_others_only_to_become_another_user() {
    let root = |user: Option<&str>| {
        let user = user.map(User::named);
        Machine { is_root: true, user, ..good() }
    };
    let told = |flags: &[&str], user: Option<&str>| {
        let all = concerns_of(flags, &root(user));
        all.into_iter().filter(|it| !it.contains("in the clear")).collect::<Vec<_>>()
    };
    let [open, own] = [&["--bind=0.0.0.0:5555"], &["--bind=127.0.0.1:5555"]];
    for flags in [open, own] {
        assert_eq!(told(flags, Some("65534")), [""; 0]);
        let roots = told(flags, Some("root"));
        assert!(roots.len() == 1 && roots[0].contains("would run as root"), "{roots:?}");
        let nobody = told(flags, Some("no-such-user"));
        assert!(nobody.len() == 1 && nobody[0].contains("no such user"), "{nobody:?}");
    }
    let refused = told(open, None);
    assert!(refused.len() == 1 && refused[0].contains("--user NAME"), "{refused:?}");
    assert!(refused[0].contains("would not start as root"), "{refused:?}");
    assert!(told(own, None)[0].contains("would run as root"));
}
