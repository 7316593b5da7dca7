//! The files for operators in `contrib/` name only what exists.

use super::harness::{Server, run};
use super::process::binary;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The highest exposure that `systemd-analyze security` may find, in tenths: it calls services
/// below 2.0 safe.
const EXPOSURE_MAX: u32 = 19;

/// Flags of other programs, such as cargo and podman.
const THEIRS: [&str; 11] = [
    "--bin",
    "--chown",
    "--deploy-hook",
    "--from",
    "--locked",
    "--name",
    "--no-cache",
    "--package",
    "--release",
    "--ssl",
    "--standalone",
];

fn contrib() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib")
}

/// The files below a folder, with their content.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => {
                let text = fs::read_to_string(&path).expect("it is text");
                vec![(path, text)]
            }
        })
        .collect()
}

/// The words of a text that begin with `start`, made of the characters that `is_part` takes.
fn words<'t>(text: &'t str, start: &str, is_part: fn(char) -> bool) -> BTreeSet<&'t str> {
    let from = text.match_indices(start).map(|(at, _)| at);
    let is_start = |at: &usize| !text[..*at].ends_with(is_part);
    let words = from.filter(is_start).map(|at| {
        let end = text[at..].find(|c| !is_part(c)).map_or(text.len(), |length| at + length);
        &text[at..end]
    });
    words.filter(|word| *word != start).collect()
}

fn of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn of_a_flag(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// The metrics of a server with a history.
fn metrics() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("chat.db");
    let server = Server::start(&["--db", db.to_str().expect("a plain path")]);
    let log = server.log();
    let at = log.lines().find_map(|line| line.strip_prefix("  web      http://"));
    let at = at.and_then(|at| at.strip_suffix('/')).expect("the banner has the page's address");
    let mut stream = TcpStream::connect(at).expect("it listens");
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    answer
}

#[test]
fn flags_and_variables_exist() {
    let mut known = String::new();
    for command in [&["--help"][..], &["backup", "--help"], &["ban", "--help"]] {
        let mut help = binary();
        help.args(command);
        known.push_str(&String::from_utf8_lossy(&run(help).stdout));
    }
    for (path, text) in files(&contrib()) {
        let flags = words(&text, "--", of_a_flag);
        for flag in flags.into_iter().filter(|flag| flag.ends_with(char::is_alphabetic)) {
            let is_known = words(&known, "--", of_a_flag).contains(flag);
            assert!(is_known || THEIRS.contains(&flag), "{}: {flag}", path.display());
        }
        for variable in words(&text, "MIO_CHAT_", of_a_name) {
            let is_known = words(&known, "MIO_CHAT_", of_a_name).contains(variable);
            assert!(is_known, "{}: {variable}", path.display());
        }
    }
}

#[test]
fn metrics_and_reasons_exist() {
    let metrics = metrics();
    // A server that is alone and without TLS has none of these.
    let others = include_str!("../../src/chat/metrics.rs");
    let is_other = |metric: &str| {
        let name = metric.strip_prefix("mio_chat_").unwrap_or_default();
        let is_known = others.contains(&format!("\"{}\"", name.trim_end_matches("_total")));
        is_known && (name.starts_with("node_") || name.starts_with("tls_"))
    };
    let mut count = 0;
    for (path, text) in files(&contrib()) {
        let own = words(&text, "mio_chat_", of_a_name);
        for metric in own.into_iter().chain(words(&text, "process_", of_a_name)) {
            let is_known = is_other(metric)
                || metrics.lines().any(|line| line.split([' ', '{']).any(|word| word == metric));
            assert!(is_known, "{}: {metric}", path.display());
            count += 1;
        }
        for (at, start) in text.match_indices("{reason=\"") {
            let reason = text[at + start.len()..].split('"').next().unwrap_or_default();
            let label = format!("{{reason=\"{reason}\"}}");
            assert!(metrics.contains(&label), "{}: {reason}", path.display());
        }
    }
    assert!(count > 20, "there are alerts and a dashboard");
}

#[test]
fn the_dashboard_is_json_and_its_panels_ask_something() {
    let text = fs::read_to_string(contrib().join("grafana/mio-chat.json")).expect("it is there");
    let dashboard: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let panels = dashboard["panels"].as_array().expect("it has panels");
    assert!(panels.iter().all(|panel| panel["targets"][0]["expr"].is_string()));
}

#[test]
fn the_list_of_files_is_complete() {
    let list = fs::read_to_string(contrib().join("README.md")).expect("it is there");
    for (path, _) in files(&contrib()) {
        let name = path.strip_prefix(contrib()).expect("it is below").to_string_lossy();
        assert!(name == "README.md" || list.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn units_name_doors_and_the_service_is_hardened() {
    let folder = contrib().join("systemd");
    let read = |name| fs::read_to_string(folder.join(name)).expect("it is there");
    let service = read("mio-chat.service") + &read("tls.conf");
    let mut doors = 0;
    for (path, text) in files(&folder) {
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
        let Some(name) = value("FileDescriptorName=") else { continue };
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(service.contains(&file), "the service takes {file}");
        assert_eq!(value("Service="), Some("mio-chat.service"), "{file}");
        assert!(include_str!("../../src/main/supervisor.rs").contains(&format!("\"{name}\" =>")));
        doors += 1;
    }
    assert!(doors >= 4);
    // Where there is no systemd, nobody runs the unit.
    let mut analysis = Command::new("systemd-analyze");
    analysis.args(["security", "--offline=true"]).arg(folder.join("mio-chat.service"));
    let Ok(output) = analysis.output() else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    let Some((_, level)) = text.split_once("mio-chat.service: ") else { return };
    let level: String = level.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let tenths: u32 = level.replace('.', "").parse().expect("a number with one decimal");
    assert!(tenths <= EXPOSURE_MAX, "{text}");
}
