//! Everything at once.

use super::crowds::{comers_and_goers, handshakes, silent};
use super::floods::{fill, questions, returning};
use super::foes::Horde;
use super::memory::hoarders;
use super::packets::{name_plans, packet_plans};
use super::siege::withstands_many;
use std::thread;
use std::time::Duration;

const TIME: Duration = Duration::from_secs(20);

#[test]
fn everything_at_once_is_noticed_by_nobody() {
    withstands_many("everything", |siege| {
        fill(siege);
        let hordes = [
            [returning(siege), packet_plans(siege.http), name_plans(siege)].concat(),
            [questions(siege), comers_and_goers(siege.lines), silent(siege.lines, 500)].concat(),
            [vec![handshakes(siege.http)], hoarders(siege, 0), hoarders(siege, 1)].concat(),
        ];
        let hordes = hordes.map(|plans| {
            thread::spawn(|| {
                let mut horde = Horde::new(plans);
                horde.attacks(TIME);
                horde
            })
        });
        hordes.map(|horde| horde.join().expect("attackers go on"))
    });
}
