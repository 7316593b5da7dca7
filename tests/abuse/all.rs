//! Everything at once.

use super::crowds::{comers_and_goers, handshakes, silent};
use super::floods::{fill, questions, returning};
use super::foes::{FOE, Horde, Plan, is_long, spell};
use super::memory::hoarders;
use super::packets::{name_plans, packet_plans};
use super::siege::{Siege, withstands, withstands_many};
use std::thread;

/// The number of spells that it lasts, if attacks last long and if not.
const SPELLS: u32 = 4;
const FEW_SPELLS: u32 = 2;

/// Everything, from one address or from a few.
fn everything(siege: &Siege, is_one: bool) -> [Horde; 3] {
    fill(siege);
    let hordes = [
        [returning(siege), packet_plans(siege.http), name_plans(siege)].concat(),
        [questions(siege), comers_and_goers(siege.lines), silent(siege.lines, 500)].concat(),
        [vec![handshakes(siege.http)], hoarders(siege, 0), hoarders(siege, 1)].concat(),
    ];
    let hordes = hordes.map(|plans| {
        thread::spawn(move || {
            let of_one = |plan: Plan| if is_one { plan.at(FOE.to_owned()) } else { plan };
            let mut horde = Horde::new(plans.into_iter().map(of_one));
            horde.attacks(spell() * if is_long() { SPELLS } else { FEW_SPELLS });
            horde
        })
    });
    hordes.map(|horde| horde.join().expect("attackers go on"))
}

#[test]
fn everything_at_once_from_one_address_is_noticed_by_nobody() {
    withstands("everything from one address", |siege| everything(siege, true));
}

#[test]
fn everything_at_once_is_noticed_by_nobody() {
    withstands_many("everything", |siege| everything(siege, false));
}
