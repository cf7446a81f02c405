//! All graphs of up to four writes with three priorities, outright.

use super::*;

/// Who had seen whom: `seen[b]` has bit `a` when the author of `b` had seen `a`; closed downwards.
type Graph = Vec<u8>;

fn graphs(writes: usize) -> Vec<Graph> {
    let mut graphs: Vec<Graph> = vec![Vec::new()];
    for next in 0..writes {
        graphs = graphs
            .into_iter()
            .flat_map(|graph| {
                let seen = (0..1_u8 << next).filter({
                    let graph = graph.clone();
                    move |seen| (0..next).all(|a| seen >> a & 1 == 0 || graph[a] & !seen == 0)
                });
                seen.map(move |seen| [graph.clone(), vec![seen]].concat())
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    graphs
}

/// The writes with exact preds: those seen that nothing seen has overwritten.
fn ranked(graph: &Graph, priorities: &[u32]) -> Vec<RankedWrite> {
    let mut counters: Vec<u32> = Vec::new();
    for seen in graph {
        let below = (0..counters.len())
            .filter(|a| seen >> a & 1 == 1)
            .map(|a| counters[a])
            .max();
        counters.push(below.unwrap_or(0) + 1);
    }
    (0..graph.len())
        .map(|b| RankedWrite {
            rank: Rank {
                priority: Priority::new(priorities[b]).unwrap(),
                counter: counters[b],
                actor: ActorId::new([b as u8; 8]),
            },
            preds: (0..b).filter(|&a| stands_in(graph, graph[b], a)).collect(),
        })
        .collect()
}

/// Whether `a` is in the set and nothing in the set has seen it.
fn stands_in(graph: &Graph, set: u8, a: usize) -> bool {
    set >> a & 1 == 1 && (0..graph.len()).all(|c| set >> c & 1 == 0 || graph[c] >> a & 1 == 0)
}

fn priorities(writes: usize) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    for _ in 0..writes {
        all = all
            .into_iter()
            .flat_map(|some: Vec<u32>| (1..=3).map(move |next| [some.clone(), vec![next]].concat()))
            .collect();
    }
    all
}

/// Every order of arrival in which nothing comes before what it had seen.
fn arrivals(graph: &Graph) -> Vec<Vec<usize>> {
    let mut done = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(some) = open.pop() {
        if some.len() == graph.len() {
            done.push(some);
            continue;
        }
        for next in (0..graph.len()).filter(|next| !some.contains(next)) {
            if (0..graph.len()).all(|a| graph[next] >> a & 1 == 0 || some.contains(&a)) {
                open.push([some.clone(), vec![next]].concat());
            }
        }
    }
    done
}

fn each_case(mut check: impl FnMut(&Graph, &[RankedWrite], &[usize])) {
    for writes in 1..=4 {
        for graph in graphs(writes) {
            for priorities in priorities(writes) {
                let ranked = ranked(&graph, &priorities);
                for arrival in arrivals(&graph) {
                    check(&graph, &ranked, &arrival);
                }
            }
        }
    }
}

/// The orders after each arrival, kept in place.
fn orders_in_place(writes: &[RankedWrite], arrival: &[usize]) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = Vec::new();
    let step = |&place: &usize| {
        let preds: Vec<u32> = writes[place]
            .preds
            .iter()
            .map(|&pred| pred as u32)
            .collect();
        let rank_of = |other: u32| writes[other as usize].rank;
        let position = replay_position(writes[place].rank, &preds, order.iter().copied(), rank_of);
        order.insert(position, place as u32);
        order.clone()
    };
    arrival.iter().map(step).collect()
}

#[test]
fn the_order_kept_in_place_is_the_replay_order_whatever_the_arrival() {
    let mut cases = 0;
    each_case(|_, writes, arrival| {
        let defined: Vec<u32> = replay_order(writes)
            .into_iter()
            .map(|place| place as u32)
            .collect();
        assert_eq!(
            *orders_in_place(writes, arrival).last().unwrap(),
            defined,
            "{writes:?} as {arrival:?}"
        );
        cases += 1;
    });
    assert!(cases > 10_000, "only {cases} cases were enumerated");
}

#[test]
fn a_value_that_has_been_beaten_never_comes_back() {
    each_case(|_, writes, arrival| {
        let shown: Vec<u32> = orders_in_place(writes, arrival)
            .iter()
            .filter_map(|order| order.last().copied())
            .collect();
        assert!(!returns(&shown), "{shown:?} from {writes:?}");
    });
}

#[test]
fn the_highest_priority_among_the_survivors_would_bring_beaten_values_back() {
    let mut returned = 0;
    each_case(|graph, writes, arrival| {
        let mut shown = Vec::new();
        let mut arrived = 0_u8;
        for &place in arrival {
            arrived |= 1 << place;
            let survivors = (0..graph.len()).filter(|&a| stands_in(graph, arrived, a));
            shown.extend(survivors.max_by_key(|&a| writes[a].rank).map(|a| a as u32));
        }
        returned += usize::from(returns(&shown));
    });
    assert!(
        returned > 0,
        "the simpler rule shows no anomaly, so this rule would not be needed"
    );
}

fn returns(shown: &[u32]) -> bool {
    let mut changes = shown.to_vec();
    changes.dedup();
    (0..changes.len()).any(|at| changes[at + 1..].contains(&changes[at]))
}

#[test]
fn with_a_common_base_the_highest_priority_always_wins() {
    each_case(|graph, writes, arrival| {
        let seen_base_only = graph[1..].iter().all(|&seen| seen == 1);
        if seen_base_only && graph.len() > 1 {
            let winner = *orders_in_place(writes, arrival)
                .last()
                .unwrap()
                .last()
                .unwrap();
            let highest = writes[1..].iter().map(|write| write.rank.priority).max();
            assert_eq!(Some(writes[winner as usize].rank.priority), highest);
        }
    });
}

#[test]
fn a_write_that_saw_another_wins_over_it_at_any_priority() {
    each_case(|graph, writes, arrival| {
        let order = orders_in_place(writes, arrival).pop().unwrap();
        let position = |place: usize| order.iter().position(|&other| other as usize == place);
        for (b, seen) in graph.iter().enumerate() {
            for a in (0..b).filter(|a| seen >> a & 1 == 1) {
                assert!(position(a) < position(b));
            }
        }
    });
}
