//! An adapter whose stream and sessions are a list and a map.

use mio_socketio::{
    Adapter, Builder, ClusterKind, ClusterMessage, Context, Missed, Restored, Saved,
};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// A message as it was published: the server that has sent it, its kind, its data.
pub type Entry = (String, ClusterKind, Value);

/// The place that all servers share.
#[derive(Default)]
pub struct Bus {
    pub entries: Vec<Entry>,
    pub sessions: BTreeMap<String, Saved>,
}

#[derive(Default)]
pub struct State {
    /// The number of entries that this server has read.
    pub read: usize,
    /// Clients that wait: the token, the secret id, and the entries that the client has seen.
    pub asked: VecDeque<(u64, String, Option<usize>)>,
    /// Whether sessions cannot be asked for.
    pub is_away: bool,
    pub told: Vec<String>,
}

pub struct OnBus(pub Rc<RefCell<Bus>>);

impl Adapter<State> for OnBus {
    fn equip(&mut self, builder: Builder<State>) -> Builder<State> {
        builder
    }

    fn publish(
        &mut self,
        cx: &mut Context<'_, State>,
        _: Option<&str>,
        message: &ClusterMessage<'_>,
    ) -> bool {
        let data = serde_json::from_str(message.data).expect("data is JSON");
        if !cx.state.is_away {
            self.0.borrow_mut().entries.push((message.from.to_owned(), message.kind, data));
        }
        !cx.state.is_away
    }

    fn recovers(&self) -> bool {
        true
    }

    fn newest(&mut self, cx: &mut Context<'_, State>) -> String {
        cx.state.read.to_string()
    }

    fn save(&mut self, _: &mut Context<'_, State>, session: &Saved) {
        self.0.borrow_mut().sessions.insert(session.pid.clone(), session.clone());
    }

    fn restore(
        &mut self,
        cx: &mut Context<'_, State>,
        token: u64,
        _: &str,
        pid: &str,
        offset: Option<&str>,
    ) -> bool {
        let seen = offset.and_then(|offset| offset.parse().ok());
        cx.state.asked.push_back((token, pid.to_owned(), seen));
        !cx.state.is_away
    }

    fn forget(&mut self, cx: &mut Context<'_, State>, token: u64) {
        cx.state.asked.retain(|(asked, ..)| *asked != token);
    }
}

/// Whether an entry is for a socket in these rooms.
pub fn is_for((_, _, data): &Entry, sid: &str, rooms: &[&str]) -> bool {
    let named = |key: &str| -> Vec<String> {
        serde_json::from_value(data["opts"][key].clone()).expect("a list of names")
    };
    let is_in = |name: &String| name == sid || rooms.contains(&&**name);
    let to = named("rooms");
    (to.is_empty() || to.iter().any(is_in)) && !named("except").iter().any(is_in)
}

/// Reads the next entry of the stream. False if there is none.
pub fn read(cx: &mut Context<'_, State>, bus: &RefCell<Bus>) -> bool {
    let entry = bus.borrow().entries.get(cx.state.read).cloned();
    let Some((from, kind, data)) = entry else { return false };
    cx.state.read += 1;
    let (data, offset) = (data.to_string(), cx.state.read.to_string());
    cx.hear_cluster(&ClusterMessage::new(&from, "/", kind, &data, &[]).with_offset(&offset));
    true
}

/// Answers for the client that has waited longest, if this server has read as far as the client.
pub fn answer(cx: &mut Context<'_, State>, bus: &RefCell<Bus>) {
    let Some((token, pid, seen)) = cx.state.asked.pop_front() else { return };
    let saved = bus.borrow().sessions.get(&pid).cloned();
    let Some(saved) = saved else { return cx.cluster_restored(token, None) };
    let seen = seen.unwrap_or_else(|| saved.since.parse().expect("a number"));
    if seen > cx.state.read {
        return cx.state.asked.push_back((token, pid, Some(seen)));
    }
    bus.borrow_mut().sessions.remove(&pid);
    let rooms: Vec<&str> = saved.rooms.iter().map(|room| &*room.name).collect();
    let mut missed = Vec::new();
    for (at, entry) in bus.borrow().entries.iter().enumerate().take(cx.state.read).skip(seen) {
        if is_for(entry, &saved.sid, &rooms) {
            let event: Vec<Value> =
                serde_json::from_value(entry.2["packet"]["data"].clone()).expect("a list");
            let args: Vec<String> = event[1..].iter().map(Value::to_string).collect();
            missed.push(Missed {
                name: event[0].as_str().expect("a name").to_owned(),
                args: args.join(","),
                attachments: Vec::new(),
                offset: (at + 1).to_string(),
            });
        }
    }
    cx.cluster_restored(token, Some(Restored { saved, missed }));
}
