use super::*;
use crate::base::Id;
use crate::limits::{
    BUSY_WORK_US, GREEDY_MS_MAX, GREEDY_WORK_US, GREEDY_WORK_US_WHEN_BUSY, REFUSALS_LOGGED_BURST,
    STRANGERS_LOGGED_BURST, STRANGERS_LOGGED_PER_S, UNLOGGED_TOLD_MS,
};
use std::net::IpAddr;

fn ip(number: u32) -> PeerAddress {
    IpAddr::from(number.to_be_bytes()).into()
}

fn connection(index: u32) -> ConnectionId {
    Id::new(index, 1)
}

fn session(index: u32) -> SessionId {
    Id::new(index, 1)
}

fn tight() -> Accounts {
    Accounts::new(AddressLimits {
        connections_max: 3,
        arrivals: Rate::per_second(1, 5),
        sessions_max: 2,
        unjoined_max: 1,
        held_bytes_max: 1_000,
        own: vec![OwnLimit { name: "things", rate: Rate::per_hour(1, 2), delays: true }],
        ..AddressLimits::default()
    })
}

#[test]
fn an_address_has_so_many_connections_however_they_come() {
    let mut all = tight();
    let alice = all.of(ip(1), 0);
    for index in 0..3 {
        assert_eq!(all.admit(alice, 0), Ok(()));
        assert!(all.attach(connection(index), alice, 0));
        assert!(!all.attach(connection(index), alice, 0), "it is counted once");
    }
    assert_eq!(all.admit(alice, 0), Err(TooMuch::Connections));
    all.detach(connection(1), 0);
    assert_eq!(all.admit(alice, 0), Ok(()));
    assert_eq!(all.admit(alice, 0), Ok(()));
    assert_eq!(all.admit(alice, 0), Err(TooMuch::Arrivals));
    assert_eq!(all.admit(alice, 1_000), Ok(()));
    // Clients of another address, and exempt ones, are not affected.
    let bob = all.of(ip(2), 0);
    assert_eq!((all.admit(bob, 0), all.admit(all.exempt(), 0)), (Ok(()), Ok(())));
    assert_eq!(all.connections(alice).len(), 2);
    all.check_invariants(0, 0);
}

#[test]
fn a_connection_takes_what_it_holds_along() {
    let mut all = tight();
    let (alice, bob) = (all.of(ip(1), 0), all.of(ip(2), 0));
    all.attach(connection(0), alice, 0);
    all.hold_input(connection(0), 600);
    all.hold_outbox(connection(0), 500);
    assert_eq!(all.pop_fat(), Some(alice));
    assert_eq!(all.pop_fat(), None);
    all.attach(connection(0), bob, 0);
    assert_eq!((all.pop_fat(), all.held_bytes()), (Some(bob), 1_100));
    all.hold_outbox(connection(0), 0);
    assert_eq!((all.held_for(connection(0)), all.held_bytes()), (600, 600));
    all.check_invariants(0, 0);
    all.detach(connection(0), 0);
    assert_eq!(all.held_bytes(), 0);
    all.check_empty();
}

#[test]
fn sessions_are_counted_until_they_end_and_until_they_have_joined() {
    let mut all = tight();
    let alice = all.of(ip(1), 0);
    assert_eq!(all.admit_session(alice, 0), Ok(()));
    all.add_session(alice, session(0), false);
    assert_eq!(all.admit_session(alice, 0), Err(TooMuch::Unjoined));
    all.joined(alice);
    assert_eq!(all.admit_session(alice, 0), Ok(()));
    all.add_session(alice, session(1), true);
    assert_eq!(all.admit_session(alice, 0), Err(TooMuch::Sessions));
    assert_eq!(all.sessions(alice), [session(0), session(1)]);
    all.remove_session(alice, session(0), true, 0);
    assert_eq!(all.sessions(alice), [session(1)]);
    all.remove_session(alice, session(1), true, 0);
    all.check_empty();
}

#[test]
fn a_newcomer_is_trusted_with_less_while_many_keep_the_loop_busy() {
    let mut all = tight();
    let (talker, newcomer) = (all.of(ip(1), 0), all.of(ip(2), 0));
    all.spend_work(talker, 0, GREEDY_WORK_US_WHEN_BUSY);
    all.spend_work(newcomer, 0, GREEDY_WORK_US_WHEN_BUSY + 100);
    assert!(!all.is_greedy(talker, 0) && !all.is_greedy(newcomer, 0));
    for number in 3..3 + BUSY_WORK_US.div_ceil(GREEDY_WORK_US) {
        let other = all.of(ip(number as u32), 0);
        all.spend_work(other, 0, GREEDY_WORK_US);
    }
    assert!(!all.is_greedy(talker, 0) && all.is_greedy(newcomer, 0));
    // After some quiet the account is as before, and clients on this machine are exempt.
    assert!(!all.is_greedy(newcomer, GREEDY_MS_MAX));
    all.spend_work(all.exempt(), 0, 10 * BUSY_WORK_US);
    assert!(!all.is_greedy(all.exempt(), 0));
}

#[test]
fn what_an_application_counts_delays_or_is_refused() {
    let mut all = tight();
    let alice = all.of(ip(1), 0);
    assert_eq!(all.take_own(alice, 0, 0, 1), Ok(()));
    assert_eq!(all.wait_until_ms(alice, 0), None);
    assert_eq!(all.take_own(alice, 0, 0, 1), Ok(()));
    assert_eq!(all.take_own(alice, 0, 0, 1), Err(3_600_000));
    assert_eq!(all.wait_until_ms(alice, 0), Some(3_600_000));
    assert_eq!(all.take_own(alice, 0, 7, 1), Ok(()), "nobody counts that");
    assert_eq!(all.wait_until_ms(all.exempt(), 0), None);
}

#[test]
fn addresses_are_forgotten_when_they_are_idle_for_long_or_too_many() {
    let mut all = tight();
    let alice = all.of(ip(1), 0);
    for turn in 0..1_000 {
        all.attach(connection(0), alice, turn);
        all.detach(connection(0), turn);
    }
    assert!(all.idle.len() <= 1, "one that comes and goes stands in line once");
    all.attach(connection(0), alice, 1_000);
    for number in 0..ACCOUNTS_MAX as u32 + 100 {
        all.of(ip(1_000 + number), 1_000);
    }
    assert!(all.len() <= ACCOUNTS_MAX, "{}", all.len());
    assert_eq!(all.of(ip(1), 1_000), alice, "who is here is not forgotten");
    all.of(ip(2), 1_001 + ACCOUNT_IDLE_MS);
    assert_eq!(all.len(), 2);
    all.check_invariants(0, 0);
}

#[test]
fn a_flood_of_refusals_is_no_flood_of_log_lines() {
    let mut all = tight();
    let alice = all.of(ip(1), 0);
    let logged = (0..1_000).filter(|_| all.logs(alice, 0).is_some()).count() as u64;
    assert_eq!(logged, REFUSALS_LOGGED_BURST);
    assert_eq!(all.logs(alice, 1_000), Some(1_000 - logged as u32));
}

#[test]
fn many_addresses_are_no_flood_of_log_lines_either() {
    let mut all = tight();
    let many = 10 * STRANGERS_LOGGED_BURST as u32;
    let mut logged = 0;
    for number in 0..many {
        let id = all.of(ip(number), 0);
        logged += u64::from(all.logs(id, 0).is_some());
    }
    assert_eq!(logged, STRANGERS_LOGGED_BURST);
    assert!(all.logs(all.exempt(), 0).is_none() && !all.logs_stranger(0));
    // The log tells how many there were.
    assert_eq!(all.unlogged_due_ms(), Some(UNLOGGED_TOLD_MS));
    assert_eq!(all.take_unlogged(UNLOGGED_TOLD_MS - 1), None);
    assert_eq!(all.take_unlogged(UNLOGGED_TOLD_MS), Some(u64::from(many) + 2 - logged));
    assert_eq!((all.unlogged_due_ms(), all.take_unlogged(9_999)), (None, None));
    // A second later the log takes some again.
    let later = (0..many).filter(|_| all.logs_stranger(1_000)).count() as u64;
    assert_eq!(later, STRANGERS_LOGGED_PER_S);
}
