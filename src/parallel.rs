//! Work shared out among threads, with the results in the order of the work.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, Scope};

use anyhow::{Context, Result};

/// How many results of one thread may wait for their turn: what bounds the memory of a run.
const MOST_WAITING: usize = 64;

/// The most results that are handed over at once: to wake whoever takes them costs about as much as a small file.
const MOST_IN_PACK: usize = 8;

/// The stack of a thread, in bytes: as large as that of a main thread, because scripts nest.
const STACK: usize = 8 << 20;

/// Does `work` for each of `items` in `jobs` threads, and hands the results to `take` in the order of the items.
///
/// The items are dealt out like cards, a few at a time, so that no thread is ever more than [`MOST_WAITING`] results ahead
/// of a slow one.
///
/// # Errors
/// The first error of `take`, after which no further work is begun, or when no thread can be started.
pub(crate) fn in_order<T: Sync, R: Send>(
    items: &[T],
    jobs: NonZeroUsize,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let jobs = jobs.get().min(items.len());
    if jobs <= 1 {
        return items.iter().try_for_each(|item| take(work(item)));
    }
    let pack = (items.len() / (jobs * MOST_IN_PACK)).clamp(1, MOST_IN_PACK);
    thread::scope(|scope| {
        let hands = (0..jobs).map(|first| {
            let own = items.chunks(pack).skip(first).step_by(jobs);
            hand(scope, own, &work).context("no thread can be started")
        });
        let hands = hands.collect::<Result<Vec<Receiver<Vec<R>>>>>()?;
        // A hand that ends early has panicked: the scope passes that on.
        let mut packs = hands.iter().cycle().map_while(|hand| hand.recv().ok());
        packs.try_for_each(|results| results.into_iter().try_for_each(&mut take))
    })
}

/// A thread that does `work` for the items of `packs`, and where its results come out.
fn hand<'scope, 'env, T: Sync + 'env, R: Send + 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    packs: impl Iterator<Item = &'env [T]> + Send + 'scope,
    work: &'scope (impl Fn(&T) -> R + Sync),
) -> std::io::Result<Receiver<Vec<R>>> {
    // One more pack is being made, and one may wait for room.
    let (out, results) = sync_channel(MOST_WAITING / MOST_IN_PACK - 2);
    let run = move || {
        for pack in packs {
            if out.send(pack.iter().map(work).collect()).is_err() {
                // Nobody takes results any more.
                return;
            }
        }
    };
    thread::Builder::new()
        .stack_size(STACK)
        .spawn_scoped(scope, run)?;
    Ok(results)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anyhow::bail;

    use super::*;

    fn jobs(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).expect("a number above 0")
    }

    #[test]
    fn results_come_in_order_however_long_the_work_takes() {
        let items: Vec<u64> = (0..500).collect();
        for count in [1, 2, 7, 1000] {
            let mut seen = Vec::new();
            let work = |item: &u64| {
                thread::sleep(Duration::from_micros(item * 7919 % 300));
                item * 2
            };
            in_order(&items, jobs(count), work, |result| {
                seen.push(result);
                Ok(())
            })
            .expect("nothing fails");
            assert_eq!(seen, (0..500).map(|item| item * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_stops_the_work() {
        let items: Vec<u32> = (0..100_000).collect();
        let done = std::sync::atomic::AtomicUsize::new(0);
        let work = |item: &u32| {
            done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            *item
        };
        let result = in_order(&items, jobs(4), work, |item| match item {
            10 => bail!("enough"),
            _ => Ok(()),
        });
        result.expect_err("the error is passed on");
        assert!(done.into_inner() < 11 + 4 * (MOST_WAITING + 2));
    }

    #[test]
    fn nothing_to_do_is_no_work() {
        in_order(&[] as &[u8], jobs(2), |_| (), |()| Ok(())).expect("nothing fails");
    }
}
