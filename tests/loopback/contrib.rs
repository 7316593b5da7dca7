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
        assert!(include_str!("../../src/main/doors.rs").contains(&format!("unit: \"{name}\"")));
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

/// A line of the Containerfile: its instruction, and the words after it.
type Instruction = (String, Vec<String>);

/// The lines of each stage of the Containerfile.
fn stages() -> Vec<Vec<Instruction>> {
    let text = fs::read_to_string(contrib().join("Containerfile")).expect("it is there");
    let mut stages: Vec<Vec<Instruction>> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut words = line.split_ascii_whitespace().map(str::to_owned);
        let name = words.next().expect("a line has a word");
        if name == "FROM" {
            stages.push(Vec::new());
        }
        stages.last_mut().expect("FROM comes first").push((name, words.collect()));
    }
    stages
}

/// The words after each `name` in a stage.
fn all<'s>(stage: &'s [Instruction], name: &str) -> Vec<Vec<&'s str>> {
    let lines = stage.iter().filter(|(it, _)| it == name);
    lines.map(|(_, words)| words.iter().map(String::as_str).collect()).collect()
}

#[test]
fn the_image_is_built_from_all_that_the_program_needs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let build = &stages()[0];
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("it is there");
    let version = manifest.split("rust-version = \"").nth(1).expect("it names Rust's version");
    let version = version.split('"').next().expect("it ends");
    let image = all(build, "FROM")[0][0];
    assert!(image.contains(&format!("/rust:{version}")), "{image} has Rust {version}");
    // Cargo finds each crate, and each program its files, among the copied ones.
    let folder = tempfile::tempdir().expect("a folder");
    let copied: Vec<String> = all(build, "COPY")
        .into_iter()
        .flat_map(|words| {
            words[..words.len() - 1].iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()
        })
        .collect();
    for name in &copied {
        assert!(root.join(name).exists(), "{name} is copied");
        let copy = Command::new("cp").arg("-R").arg(root.join(name)).arg(folder.path()).status();
        assert!(copy.expect("there is cp").success());
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"]);
    let output = cargo.current_dir(&folder).output().expect("there is cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for top in ["src", "crates/wire/src", "crates/server/src"] {
        for (path, text) in files(&folder.path().join(top)) {
            for (at, start) in text.match_indices("include_str!(\"") {
                let named = text[at + start.len()..].split('"').next().unwrap_or_default();
                let file = path.parent().expect("a folder").join(named);
                assert!(file.exists(), "{} includes {named}", path.display());
            }
        }
    }
}

#[test]
fn the_image_has_one_program_and_a_folder_for_the_history() {
    let stages = stages();
    let [build, image] = &stages[..] else { panic!("{} stages", stages.len()) };
    assert_eq!(all(image, "FROM"), [["scratch"]]);
    let copies = all(image, "COPY");
    assert_eq!(copies.len(), 2, "{copies:?}");
    let (program, folder) = (copies[0][2], copies[1][3]);
    assert_eq!(all(image, "ENTRYPOINT"), [[format!("[\"{program}\"]")]]);
    assert_eq!(
        (all(image, "WORKDIR"), all(image, "VOLUME")),
        (vec![vec![folder]], vec![vec![folder]])
    );
    assert!(copies[0][1].ends_with(&format!("/release{program}")), "{copies:?}");
    assert!(all(build, "RUN").iter().any(|words| words.last() == Some(&copies[1][2])));
    // A user without a name and without rights, who owns the folder.
    let user = all(image, "USER")[0][0];
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number > 0);
    assert!(user.split(':').count() == 2 && user.split(':').all(is_number), "{user}");
    assert_eq!(copies[1][1], format!("--chown={user}"));
    let open: BTreeSet<&str> = all(image, "ENV")[0]
        .iter()
        .filter_map(|setting| setting.split_once("=0.0.0.0:").map(|(_, port)| port))
        .collect();
    let exposed = all(image, "EXPOSE");
    let exposed = exposed[0].iter().map(|port| port.trim_end_matches("/tcp"));
    assert_eq!(open, exposed.collect());
}
