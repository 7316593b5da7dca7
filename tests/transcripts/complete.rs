//! Each command of the line door and each refusal is in a transcript, so that later ones are not
//! forgotten: the refusals are read from the source, and the commands from the transcript of /help.

use super::script::{Action, Script};
use std::fs;
use std::path::{Path, PathBuf};

/// Refusals that are in no transcript, each with the reason. `*` are all of an enum.
const ELSEWHERE: &[(&str, &str)] = &[
    // Only programs ask like this.
    ("Refusal::Form", "their sentences are in chat/words and others, by /chat"),
    ("Refusal::Unknown", "an event of /chat"),
    ("Refusal::NoPlace", "an event of /chat"),
    ("Refusal::BadKey", "an event of /chat"),
    ("Refusal::KeyUsed", "an event of /chat"),
    ("Refusal::Empty", "a netcat that says nothing is told the usage: chat/texts"),
    ("Refusal::NothingToFind", "a search by /chat; a netcat that seeks nothing is told the usage"),
    ("Refusal::NotInRoom", "a netcat asks about its own room"),
    ("Refusal::TooManyRooms", "a netcat is in one room"),
    ("Refusal::LastRoom", "a request of another device: chat/devices"),
    ("Refusal::AnotherPerson", "an event of /chat; at netcat a warning: chat/strangers"),
    ("AccessRefusal::NoWayToLogIn", "namespace / alone"),
    ("WordsRefusal::NoMessage", "a netcat names no message by its number"),
    ("FileRefusal::*", "files are sent by HTTP"),
    // Nobody is there to be told.
    ("Refusal::Gone", "nobody is there to read it"),
    ("Refusal::JustGone", "a moment that no transcript can hit"),
    ("RegisterRefusal::DeviceEnded", "a device that comes in by its token: nodes/registered"),
    // It takes several servers, or a file that fails.
    ("Refusal::CutOff", "several servers: nodes/apart"),
    ("Refusal::TooLongForNodes", "several servers: nodes/limits"),
    ("Refusal::HistoryUnread", "a file that fails"),
    ("RegisterRefusal::NotKept", "a file that fails: chat/promised"),
    ("RegisterRefusal::PasswordsBusy", "a process that fails: loopback/registering"),
    ("RegisterRefusal::PasswordsLost", "a process that fails: loopback/failing"),
    // It takes thousands of lines, or minutes.
    ("Refusal::TooMany", "the budgets of an address: abuse/budgets"),
    ("Refusal::TooLong", "lines of the default length are shorter: chat/words"),
    ("PersonalRefusal::TooManyIgnored", "hundreds of people: chat/ignores"),
    ("PersonalRefusal::TooManyQuiet", "a hundred thousand people"),
    ("Refusal::MailboxFull", "a hundred messages: chat/mail"),
    ("RegisterRefusal::Guessed", "many addresses: chat/guesses"),
    ("RoomRefusal::TooManyInvited", "hundreds of people: chat/rules"),
    ("RoomRefusal::TooManyRules", "thousands of rooms: chat/rules"),
    ("RoomRefusal::TooManyOwnRules", "more rooms than a budget allows at once: chat/rules"),
    ("OrderRefusal::OwnsTooMany", "more rooms than a budget allows at once: chat/promised"),
    ("OrderRefusal::TooManyOwned", "thousands of rooms"),
    ("WordsRefusal::ReactionsFull", "more people than there are lines in a transcript"),
];
/// Refusals that have their sentence from elsewhere, and a part of it.
const CARRIED: &[(&str, &str)] = &[("OrderRefusal::BadAddress", "is this machine")];

/// A refusal, and the fragments of its sentence between which other text stands.
struct Sentence {
    name: String,
    fragments: Vec<String>,
}

impl Sentence {
    fn is_in(&self, line: &str) -> bool {
        let mut rest = line;
        for (number, fragment) in self.fragments.iter().enumerate() {
            match rest.find(&**fragment) {
                Some(at) if at == 0 || number > 0 => rest = &rest[at + fragment.len()..],
                _ => return false,
            }
        }
        rest.is_empty() || self.fragments.last().is_some_and(String::is_empty)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chat")
}

/// The files in which refusals are.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let found = entries.flat_map(|path| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    });
    let has_refusals = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("source");
        text.contains("Refusal {\n    fn fmt") || text.contains("BadName {\n    fn fmt")
    };
    found.filter(has_refusals).collect()
}

/// The text of the first string in some source, without the breaks of its lines.
fn string(source: &str) -> Option<String> {
    let (_, rest) = source.split_once('"')?;
    let mut text = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => match chars.next()? {
                '\n' => chars = chars.as_str().trim_start().chars(),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}

/// The parts of a sentence between its braces. A sentence that ends with braces has an empty last
/// one.
fn fragments(text: &str) -> Vec<String> {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once('}').map_or("", |(_, after)| after).to_owned());
    std::iter::once(first).chain(rest).collect()
}

/// The refusals whose `Display` is in a file.
fn sentences(source: &str) -> Vec<Sentence> {
    let (enum_name, body) = source
        .split("impl fmt::Display for ")
        .skip(1)
        .filter_map(|it| it.split_once(" {\n    fn fmt"))
        .find(|(name, _)| name.ends_with("Refusal") || *name == "BadName")
        .expect("a refusal is shown");
    let body = body.split("\n}\n").next().expect("an end");
    let mut all = Vec::new();
    // An arm begins with this, in the only match of the function.
    for arm in body.split("\n            Self::").skip(1) {
        let (pattern, shown) = arm.split_once("=>").expect("an arm");
        // One refusal is shown by another function, or by another refusal.
        let helper = shown.trim_start().strip_prefix("write_").map(|rest| {
            let name = rest.split('(').next().unwrap_or_default();
            let (_, body) = source.split_once(&format!("fn write_{name}(")).expect("a function");
            body
        });
        let text = string(helper.unwrap_or(shown)).filter(|_| !shown.contains(".fmt(f)"));
        for name in pattern.split("Self::") {
            let end = name.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(name.len());
            let name = format!("{enum_name}::{}", &name[..end]);
            let carried = CARRIED.iter().find(|(other, _)| *other == name);
            let fragments = match (&text, carried) {
                (_, Some((_, part))) => vec![String::new(), (*part).to_owned(), String::new()],
                (Some(text), None) => fragments(text),
                (None, None) => Vec::new(),
            };
            all.push(Sentence { name, fragments });
        }
    }
    all
}

/// The lines of the server in all transcripts, without the star.
fn told(scripts: &[Script]) -> Vec<String> {
    let steps = scripts.iter().flat_map(|script| &script.steps);
    let lines = steps.filter_map(|step| match &step.action {
        Action::Receive(line) => Some(String::from_utf8_lossy(line).trim_end().to_owned()),
        _ => None,
    });
    lines.filter_map(|line| Some(line.strip_prefix("* ")?.to_owned())).collect()
}

#[test]
fn each_refusal_is_in_a_transcript() {
    let told = told(&Script::all());
    let sources =
        files(&folder()).into_iter().map(|path| fs::read_to_string(path).expect("source"));
    let all: Vec<Sentence> = sources.flat_map(|source| sentences(&source)).collect();
    assert!(all.len() > 80, "{} refusals are found", all.len());
    let is_elsewhere = |name: &str| {
        ELSEWHERE.iter().any(|(other, _)| {
            *other == name || other.strip_suffix('*').is_some_and(|all| name.starts_with(all))
        })
    };
    let mut missing = Vec::new();
    for sentence in &all {
        // One that only shows another refusal says nothing itself.
        let shown = told.iter().any(|line| sentence.is_in(line));
        let is_other = sentence.fragments.is_empty();
        match (shown, is_elsewhere(&sentence.name)) {
            (true, true) => missing.push(format!("{} is in a transcript after all", sentence.name)),
            (false, false) if !is_other => missing.push(sentence.name.clone()),
            _ => (),
        }
    }
    for (name, _) in ELSEWHERE.iter().filter(|(name, _)| !name.ends_with('*')) {
        if !all.iter().any(|sentence| sentence.name == *name) {
            missing.push(format!("{name} is no refusal any more"));
        }
    }
    assert!(missing.is_empty(), "in no transcript: {missing:#?}");
}

#[test]
fn each_command_is_in_a_transcript() {
    let scripts = Script::all();
    let steps = || scripts.iter().flat_map(|script| &script.steps);
    let sent: Vec<String> = steps()
        .filter_map(|step| match &step.action {
            Action::Send(line) => Some(String::from_utf8_lossy(line).into_owned()),
            _ => None,
        })
        .filter_map(|line| Some(line.strip_prefix('/')?.split_whitespace().next()?.to_owned()))
        .collect();
    // The lines of /help, which this transcript has as the server tells them.
    let helps = scripts.iter().filter(|script| script.name == "commands.chat");
    let told: Vec<String> = helps.flat_map(|script| told(std::slice::from_ref(script))).collect();
    let names: Vec<&str> = told
        .iter()
        .filter_map(|line| line.strip_prefix('/')?.split_once(' '))
        .map(|(name, _)| name)
        .collect();
    assert!(names.len() > 30, "{names:?}");
    let missing: Vec<&&str> =
        names.iter().filter(|name| !sent.iter().any(|it| it == *name)).collect();
    assert!(missing.is_empty(), "nobody types {missing:?}");
}
