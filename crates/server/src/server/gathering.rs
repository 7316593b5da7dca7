//! Answers of an audience.

use super::core::Core;
use super::{Context, NoAck, Prepared};
use crate::base::SocketId;
use crate::limits::GATHERED_BYTES_MAX;
use mio_wire::sio::Args;

/// The answer of one socket of an audience, or why there is none. [`Prepared::args`] reads it. The
/// socket is `None` if it is of another server of the cluster, which passes on the first argument
/// only.
pub type Gathered = (Option<SocketId>, Result<Prepared, NoAck>);

/// The answers of an audience that are under way.
pub(super) struct Gathering<S> {
    answers: Vec<Gathered>,
    /// Sockets that still owe one, and one more if other servers do.
    left: usize,
    /// Bytes of the answers so far.
    bytes: usize,
    on_answers: OnAnswers<S>,
}

type OnAnswers<S> = Box<dyn FnOnce(&mut Context<'_, S>, Vec<Gathered>)>;

impl<S> Core<S> {
    /// Begins to gather the answers of these sockets, and of other servers if `elsewhere`. Returns
    /// the number of the gathering.
    pub(super) fn gather_from(
        &mut self,
        sockets: &[SocketId],
        elsewhere: bool,
        on_answers: impl FnOnce(&mut Context<'_, S>, Vec<Gathered>) + 'static,
    ) -> u64 {
        let answers = sockets.iter().map(|socket| (Some(*socket), Err(NoAck::Timeout))).collect();
        let (left, on_answers) = (sockets.len() + usize::from(elsewhere), Box::new(on_answers));
        self.gathered += 1;
        let gathering = Gathering { answers, left, bytes: 0, on_answers };
        self.gatherings.insert(self.gathered, gathering);
        self.gathered
    }
}

impl<S> Gathering<S> {
    /// Takes the answer of the socket at this place.
    fn take(&mut self, at: usize, answer: Result<Args<'_>, NoAck>) {
        let answer = answer.and_then(|args| {
            let attached: usize = args.attachments().iter().map(Vec::len).sum();
            self.bytes += args.json().len() + attached;
            match self.bytes <= GATHERED_BYTES_MAX {
                true => Ok(Prepared::new(args)),
                false => Err(NoAck::TooLarge),
            }
        });
        if let Some((_, kept)) = self.answers.get_mut(at) {
            *kept = answer;
        }
        self.left -= 1;
    }
}

impl<S> Context<'_, S> {
    /// The socket at this place of a gathering has answered, or will not.
    pub(super) fn gather(&mut self, number: u64, at: usize, answer: Result<Args<'_>, NoAck>) {
        let Some(gathering) = self.core.gatherings.get_mut(&number) else { return };
        gathering.take(at, answer);
        if gathering.left == 0 {
            self.finish_gathering(number);
        }
    }

    /// The clients of other servers have answered, as far as they will.
    pub(super) fn gather_elsewhere(&mut self, number: u64, answers: Vec<Prepared>, missing: usize) {
        let Some(gathering) = self.core.gatherings.get_mut(&number) else { return };
        let answers = answers.into_iter().map(|answer| (None, Ok(answer)));
        let missing = (0..missing).map(|_| (None, Err(NoAck::Timeout)));
        gathering.answers.extend(answers.chain(missing));
        gathering.left -= 1;
        if gathering.left == 0 {
            self.finish_gathering(number);
        }
    }

    /// Hands over the answers of a gathering.
    pub(super) fn finish_gathering(&mut self, number: u64) {
        if let Some(Gathering { answers, on_answers, .. }) = self.core.gatherings.remove(&number) {
            on_answers(self, answers);
        }
    }
}
