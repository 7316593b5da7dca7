use super::*;
use crate::base::Now;
use crate::net::{Budget, Meter, Service};
use crate::server::Server;
use std::net::IpAddr;

#[test]
fn a_session_has_one_deadline_whatever_was_set_before() {
    let lines = LineSettings { rate_per_s: 2, idle_flush_ms: 1000, ..LineSettings::default() };
    let mut server = Server::builder().line_door(lines).build(());
    let mut out = Outboxes::default();
    let id = out.open(0);
    let (mut budget, mut remotes) = (Budget::new(Meter::counted(0)), Vec::new());
    let (now, out, budget, remotes) = (Now::default(), &mut out, &mut budget, &mut remotes);
    let turn = &mut Turn { now, out, budget, remotes };
    server.opened(turn, id, 0, IpAddr::from([127, 0, 0, 1]).into());
    // A tail that is due at 1000 ms; then more lines than a burst, the rest due before that.
    server.received(turn, id, &mut b"tail".to_vec());
    let lines = "x\n".repeat(30);
    turn.now.ms = 10;
    server.received(turn, id, &mut lines.into_bytes());
    let mut woken = 0;
    while let Some(ms) = server.next_deadline_ms() {
        let due: Vec<_> =
            std::iter::from_fn(|| server.core.wakes.pop_due(ms).map(|wake| (ms, wake))).collect();
        assert!(due.len() == 1 || ms <= 1010, "{} deadlines at {ms}", due.len());
        woken += due.len();
        due.into_iter().for_each(|(ms, wake)| server.core.wakes.set(ms, wake));
        turn.now.ms = ms;
        server.woke(turn);
    }
    assert!((20..=23).contains(&woken), "woken {woken} times for 20 lines");
}
