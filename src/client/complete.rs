//! The Tab key: completion of the word before the cursor.

use super::editor::Editor;
use super::model::{IncomingMessage, Model, Target, command_names, same};

/// Completions of one word; each further Tab shows the next.
#[derive(Debug, Default)]
pub(super) struct Completion {
    /// The beginning of the word, its completions, and the number of the one shown.
    words: Option<(usize, Vec<String>, usize)>,
}

impl Completion {
    /// Another key was pressed.
    pub(super) fn forget(&mut self) {
        self.words = None;
    }

    /// Tab was pressed.
    pub(super) fn tab(&mut self, editor: &mut Editor, model: &Model) {
        if self.words.is_none() {
            let (start, word) = editor.word();
            self.words = Some((start, candidates(editor.text(), start, word, model), 0));
        }
        if let Some((start, words, next)) = &mut self.words
            && let Some(word) = words.get(*next)
        {
            editor.replace_from(*start, word);
            *next = (*next + 1) % words.len();
        }
    }
}

/// Completions of `word`, which begins at `start` of `line`. An empty word has none.
fn candidates(line: &str, start: usize, word: &str, model: &Model) -> Vec<String> {
    let begins = |name: &str, part: &str| name.to_lowercase().starts_with(&part.to_lowercase());
    if word.is_empty() {
        return Vec::new();
    }
    if let (0, Some(part)) = (start, word.strip_prefix('/')) {
        let names = command_names().filter(|name| begins(name, part));
        return names.map(|name| format!("/{name} ")).collect();
    }
    if let Some(part) = word.strip_prefix('#') {
        let ours =
            model.conversations.iter().filter_map(|conversation| match &conversation.target {
                Target::Room(room) => Some(room),
                Target::With(_) => None,
            });
        let mut rooms: Vec<&String> = ours.chain(&model.rooms).collect();
        rooms.sort_unstable();
        rooms.dedup();
        let rooms = rooms.into_iter().filter(|room| begins(room, part));
        return rooms.map(|room| format!("#{room} ")).collect();
    }
    let (at, part) = match word.strip_prefix('@') {
        Some(part) => ("@", part),
        None => ("", word),
    };
    let end = if start == 0 && at.is_empty() { ": " } else { " " };
    let is_command = line.starts_with('/') && start > 0;
    let end = if is_command { " " } else { end };
    let names = people(model).into_iter().filter(|nick| begins(nick, part));
    names.map(|nick| format!("{at}{nick}{end}")).collect()
}

/// People who may be meant: the last speakers first, then the others by name.
pub(super) fn people(model: &Model) -> Vec<String> {
    let conversation = model.active();
    let mut people: Vec<String> = Vec::new();
    let is_new = |people: &[String], nick: &str| {
        !same(nick, &model.nick) && !people.iter().any(|other| same(other, nick))
    };
    let with = |conversation: &super::model::Conversation| match &conversation.target {
        Target::With(nick) => Some(nick.clone()),
        Target::Room(_) => None,
    };
    let spoke = conversation.messages().rev().map(|IncomingMessage { from, .. }| from.clone());
    // The members of a crowd are not known.
    let is_crowd = conversation.members.is_empty() && conversation.count > 0;
    let is_here = |nick: &str| conversation.members.iter().any(|member| same(member, nick));
    let spoke = spoke.filter(|nick| is_crowd || is_here(nick));
    let mut members = conversation.members.clone();
    members.sort_unstable_by_key(|nick| nick.to_lowercase());
    let others = model.conversations.iter().filter_map(with);
    for nick in with(conversation).into_iter().chain(spoke).chain(members).chain(others) {
        if is_new(&people, &nick) {
            people.push(nick);
        }
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::model::Mode;
    use serde_json::json;

    fn model() -> Model {
        let mut model = Model::new(Mode::Screen, None, None, "r".to_owned());
        let members =
            json!([{"nick": "me"}, {"nick": "alice"}, {"nick": "Albert"}, {"nick": "bob"}]);
        let messages = json!([{"id": 1, "ts": 1, "room": "lobby", "from": "bob", "text": "x"},
            {"id": 2, "ts": 1, "room": "lobby", "from": "alice", "text": "x"}]);
        model.event(
            "welcome",
            &json!({"nick": "me", "token": "t", "rooms": [
                {"room": "lobby", "members": members, "count": 4, "messages": messages},
                {"room": "logs"},
            ]}),
        );
        model
    }

    fn tabs(text: &str, count: usize) -> String {
        let (mut editor, mut completion, model) =
            (Editor::default(), Completion::default(), model());
        editor.set(text.to_owned());
        for _ in 0..count {
            completion.tab(&mut editor, &model);
        }
        editor.text().to_owned()
    }

    #[test]
    fn names_rooms_and_commands_are_completed() {
        assert_eq!(tabs("bo", 1), "bob: ");
        assert_eq!(tabs("hi BO", 1), "hi bob ");
        assert_eq!(tabs("hi @bo", 1), "hi @bob ");
        assert_eq!(tabs("/msg bo", 1), "/msg bob ");
        assert_eq!(tabs("/jo", 1), "/join ");
        assert_eq!(tabs("/join #lob", 1), "/join #lobby ");
        assert_eq!(tabs("zz", 1), "zz");
        assert_eq!(tabs("m", 1), "m");
        assert_eq!(tabs("", 3), "");
    }

    #[test]
    fn of_a_crowd_those_who_spoke_are_completed() {
        let mut model = model();
        model.event("presence", &json!({"room": "lobby", "count": 18_000}));
        let lobby = model.active();
        assert_eq!((lobby.count, lobby.members.is_empty()), (18_000, true));
        assert_eq!(people(&model), ["alice", "bob"]);
        // It has shrunk, and is listed completely.
        let members = json!([{"nick": "me", "door": "app"}, {"nick": "zoe", "door": "app"}]);
        model.event("presence", &json!({"room": "lobby", "members": members, "count": 2}));
        assert_eq!((model.active().count, people(&model)), (2, vec!["zoe".to_owned()]));
    }

    #[test]
    fn each_tab_shows_the_next() {
        // The last speaker comes first.
        assert_eq!(tabs("al", 1), "alice: ");
        assert_eq!(tabs("al", 2), "Albert: ");
        assert_eq!(tabs("al", 3), "alice: ");
        assert_eq!(tabs("#lo", 2), "#logs ");
    }
}
