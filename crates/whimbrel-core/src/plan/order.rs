//! Orders actions by their facts.
//!
//! The facts make a graph. For every key there are four gates, each opened by
//! those who must be done before it and passed by those who wait for it (see
//! the table at [`Action`]), so that the graph is as large as the facts are
//! many, and not as their pairs. The graph is walked by Kahn's algorithm, which
//! of all actions that may run takes the first by subject, those that only drop
//! before the others, and then by text: the same actions give the same order,
//! however they were given.
//!
//! Wishes ([`Action::prefers`]) are edges as well. One that takes part in a
//! cycle holds until nothing else can run, and is then given up.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::{Action, Key, PlanError};
use crate::dialect::Dialect;
use crate::name::ObjectName;

/// Orders `actions` so that every fact holds.
///
/// # Errors
///
/// If facts that are no wishes contradict each other.
pub(super) fn order(dialect: Dialect, mut actions: Vec<Action>) -> Result<Vec<Action>, PlanError> {
    actions.sort_by_cached_key(|action| rank(dialect, action));
    let graph = Graph::of(dialect, &actions);
    let order = graph.walk().map_err(|stuck| cycle(&actions, &stuck))?;
    let mut slots: Vec<Option<Action>> = actions.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|index| slots[index].take()).collect())
}

/// What decides where the facts leave a choice.
fn rank(dialect: Dialect, action: &Action) -> (Option<ObjectName>, bool, Vec<String>) {
    let subject = action.subject.as_ref().map(|name| dialect.fold_name(name));
    let only_drops = !action.drops.is_empty() && action.creates.is_empty() && action.alters.is_empty();
    (subject, !only_drops, action.steps.iter().map(|step| step.sql.clone()).collect())
}

/// How many steps of a cycle are named.
const NAMED: usize = 8;

fn cycle(actions: &[Action], stuck: &[usize]) -> PlanError {
    let first_line = |action: &Action| {
        let sql = action.steps.first().map_or("", |step| step.sql.as_str());
        format!("`{}`", sql.lines().next().unwrap_or_default().trim_end_matches(" ("))
    };
    let mut between: Vec<_> = stuck.iter().take(NAMED).map(|index| first_line(&actions[*index])).collect();
    if stuck.len() > NAMED {
        between.push(format!("and {} more", stuck.len() - NAMED));
    }
    PlanError::Cycle { between: between.join(", ") }
}

/// The gates of one key. Who stands in front of a gate must be done before
/// whoever stands behind it.
#[derive(Clone, Copy)]
enum Gate {
    /// Freed: in front of those who alter or drop.
    Freed,
    /// Dropped: in front of those who create.
    Dropped,
    /// Created: in front of those who alter.
    Created,
    /// Final: in front of those who use.
    Final,
}

/// Actions and gates, and who waits for whom. Nodes below `actions` are the
/// actions, in their canonical order; the others are gates.
#[derive(Default)]
struct Graph {
    actions: usize,
    /// The nodes that wait for each node, and whether they only wish to.
    after: Vec<Vec<(usize, bool)>>,
}

impl Graph {
    fn of(dialect: Dialect, actions: &[Action]) -> Self {
        let mut graph = Self { actions: actions.len(), after: vec![Vec::new(); actions.len()] };
        let mut gates = BTreeMap::new();
        for (index, action) in actions.iter().enumerate() {
            graph.enter(dialect, &mut gates, index, action);
        }
        graph
    }

    /// Enters the facts of one action. Where it has several for one key, the
    /// earlier in this list is meant: creates, alters, drops, frees, uses. An
    /// action that drops and creates a key alters it.
    fn enter(&mut self, dialect: Dialect, gates: &mut BTreeMap<Key, usize>, node: usize, action: &Action) {
        let fold = |keys: &[Key]| keys.iter().map(|key| key.folded(dialect)).collect::<Vec<_>>();
        let mut facts: BTreeMap<Key, Role> = BTreeMap::new();
        let roles = [
            (&action.prefers, Role::Prefers),
            (&action.uses, Role::Uses),
            (&action.frees, Role::Frees),
            (&action.drops, Role::Drops),
            (&action.alters, Role::Alters),
        ];
        for (keys, role) in roles {
            facts.extend(fold(keys).into_iter().map(|key| (key, role)));
        }
        for key in fold(&action.creates) {
            let role = if facts.get(&key) == Some(&Role::Drops) { Role::Alters } else { Role::Creates };
            facts.insert(key, role);
        }
        for (key, role) in facts {
            let first = *gates.entry(key).or_insert_with(|| self.four_gates());
            self.stand(node, first, role);
        }
    }

    fn four_gates(&mut self) -> usize {
        let first = self.after.len();
        self.after.resize(first + 4, Vec::new());
        first
    }

    /// Puts an action before and behind the gates that its role asks for.
    fn stand(&mut self, node: usize, first: usize, role: Role) {
        let (behind, before): (Option<Gate>, &[Gate]) = match role {
            Role::Frees => (None, &[Gate::Freed]),
            Role::Drops => (Some(Gate::Freed), &[Gate::Dropped]),
            Role::Creates => (Some(Gate::Dropped), &[Gate::Created, Gate::Final]),
            Role::Alters => (Some(Gate::Created), &[Gate::Final]),
            Role::Uses | Role::Prefers => (Some(Gate::Final), &[]),
        };
        for gate in before {
            self.after[node].push((first + *gate as usize, false));
        }
        if let Some(gate) = behind {
            self.after[first + gate as usize].push((node, role == Role::Prefers));
        }
        if role == Role::Alters {
            self.after[first + Gate::Freed as usize].push((node, false));
        }
    }

    /// Returns the actions in an order in which all facts hold, or those that
    /// wait for each other.
    fn walk(&self) -> Result<Vec<usize>, Vec<usize>> {
        let component = self.components();
        let mut waits = Waits::of(self, &component);
        let mut order = Vec::with_capacity(self.actions);
        while let Some(node) = waits.next() {
            if node < self.actions {
                order.push(node);
            }
            for &(next, wish) in &self.after[node] {
                waits.release(next, wish && component[node] == component[next]);
            }
        }
        if order.len() == self.actions { Ok(order) } else { Err(self.stuck(&waits, &component)) }
    }

    /// The actions of the first cycle among those that never ran.
    fn stuck(&self, waits: &Waits, component: &[usize]) -> Vec<usize> {
        let left: Vec<_> = (0..self.actions).filter(|node| !waits.done[*node]).collect();
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        left.iter().for_each(|node| *sizes.entry(component[*node]).or_default() += 1);
        let cyclic = left.iter().map(|node| component[*node]).find(|one| sizes[one] > 1);
        left.into_iter().filter(|node| cyclic.is_none_or(|one| component[*node] == one)).collect()
    }

    /// Numbers the strongly connected components: two nodes have the same
    /// number if each waits for the other. Tarjan's algorithm, without recursion.
    fn components(&self) -> Vec<usize> {
        const UNSEEN: usize = usize::MAX;
        let size = self.after.len();
        let (mut seen, mut low, mut component) = (vec![UNSEEN; size], vec![0; size], vec![UNSEEN; size]);
        let (mut path, mut stack, mut count) = (Vec::new(), Vec::new(), 0);
        for root in 0..size {
            if seen[root] == UNSEEN {
                path.push((root, 0));
            }
            while let Some((node, edge)) = path.pop() {
                if edge == 0 {
                    (seen[node], low[node]) = (count, count);
                    count += 1;
                    stack.push(node);
                }
                match self.after[node].get(edge) {
                    Some(&(next, _)) => {
                        path.push((node, edge + 1));
                        if seen[next] == UNSEEN {
                            path.push((next, 0));
                        } else if component[next] == UNSEEN {
                            low[node] = low[node].min(seen[next]);
                        }
                    }
                    None => {
                        if let Some(&(parent, _)) = path.last() {
                            low[parent] = low[parent].min(low[node]);
                        }
                        if low[node] == seen[node] {
                            while let Some(member) = stack.pop() {
                                component[member] = node;
                                if member == node {
                                    break;
                                }
                            }
                        }
                    }
                }
            }
        }
        component
    }
}

/// What an action has to do with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Creates,
    Alters,
    Drops,
    Frees,
    Uses,
    Prefers,
}

/// What every node still waits for.
struct Waits {
    actions: usize,
    done: Vec<bool>,
    /// How many it must wait for.
    needs: Vec<usize>,
    /// How many it wishes to wait for, in a cycle with it.
    wishes: Vec<usize>,
    /// Gates that wait for nothing. They open at once, so that the first of all
    /// actions that may run is known.
    open: Vec<usize>,
    /// Actions that wait for nothing.
    ready: BinaryHeap<Reverse<usize>>,
    /// Actions that wait for wishes only.
    held: BinaryHeap<Reverse<usize>>,
}

impl Waits {
    fn of(graph: &Graph, component: &[usize]) -> Self {
        let size = graph.after.len();
        let mut waits = Self {
            actions: graph.actions,
            done: vec![false; size],
            needs: vec![0; size],
            wishes: vec![0; size],
            open: Vec::new(),
            ready: BinaryHeap::new(),
            held: BinaryHeap::new(),
        };
        for (node, after) in graph.after.iter().enumerate() {
            for &(next, wish) in after {
                let wish = wish && component[node] == component[next];
                *waits.count(next, wish) += 1;
            }
        }
        (0..size).for_each(|node| waits.enqueue(node));
        waits
    }

    fn count(&mut self, node: usize, wish: bool) -> &mut usize {
        if wish { &mut self.wishes[node] } else { &mut self.needs[node] }
    }

    fn enqueue(&mut self, node: usize) {
        if self.needs[node] > 0 {
            return;
        }
        if node >= self.actions {
            self.open.push(node);
        } else if self.wishes[node] == 0 {
            self.ready.push(Reverse(node));
        } else {
            self.held.push(Reverse(node));
        }
    }

    /// Takes what runs next: failing all else, the first action that is held
    /// back by wishes alone.
    fn next(&mut self) -> Option<usize> {
        loop {
            let node = match self.open.pop() {
                Some(gate) => gate,
                None => self.ready.pop().or_else(|| self.held.pop())?.0,
            };
            // An action whose wishes came true later stands in both queues.
            if !std::mem::replace(&mut self.done[node], true) {
                return Some(node);
            }
        }
    }

    /// Notes that a node has one less to wait for.
    fn release(&mut self, node: usize, wish: bool) {
        *self.count(node, wish) -= 1;
        self.enqueue(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Mode;
    use crate::schema::ObjectKind;

    /// Reads facts: `name: +creates -drops ~alters =uses ?prefers !frees`.
    fn action(line: &str) -> Action {
        let (name, facts) = line.split_once(':').expect("a colon");
        let mut action = Action { subject: Some(name.into()), ..Action::sql(name) };
        for fact in facts.split_whitespace() {
            let key = Key::new(ObjectKind::Table, &fact[1..].into());
            match &fact[..1] {
                "+" => action.creates.push(key),
                "-" => action.drops.push(key),
                "~" => action.alters.push(key),
                "=" => action.uses.push(key),
                "?" => action.prefers.push(key),
                "!" => action.frees.push(key),
                other => panic!("no fact: {other}"),
            }
        }
        action
    }

    fn run(actions: Vec<Action>) -> Result<String, PlanError> {
        let ordered = order(Dialect::Sqlite, actions)?;
        Ok(ordered.iter().map(|action| action.steps[0].sql.as_str()).collect::<Vec<_>>().join(" "))
    }

    /// Checks the order, of the lines as they stand and backwards.
    fn check(lines: &[&str], expected: &str) {
        let actions: Vec<_> = lines.iter().map(|line| action(line)).collect();
        let backwards = actions.iter().rev().cloned().collect();
        assert_eq!(run(actions).expect("no cycle"), expected);
        assert_eq!(run(backwards).expect("no cycle"), expected);
    }

    #[test]
    fn without_facts_the_subject_decides() {
        check(&["b:", "a:", "c:"], "a b c");
    }

    #[test]
    fn who_drops_runs_before_who_creates() {
        check(&["a: +t", "b: -t"], "b a");
    }

    #[test]
    fn who_creates_runs_before_who_alters() {
        check(&["a: ~t", "b: +t"], "b a");
    }

    #[test]
    fn who_creates_or_alters_runs_before_who_uses() {
        check(&["a: =t", "b: +t"], "b a");
        check(&["a: =t", "b: ~t"], "b a");
        check(&["a: =t", "b: ~t", "c: +t"], "c b a");
    }

    #[test]
    fn who_frees_runs_before_who_alters_or_drops() {
        check(&["a: ~t", "b: !t"], "b a");
        check(&["a: -t", "b: !t"], "b a");
        check(&["a: +t", "b: !t"], "a b");
    }

    #[test]
    fn who_prefers_runs_after_who_creates_or_alters() {
        check(&["a: ?t", "b: +t"], "b a");
        check(&["a: ?t", "b: ~t"], "b a");
    }

    #[test]
    fn a_wish_inside_a_cycle_is_given_up_and_others_hold() {
        check(&["a: +x ?y", "b: +y ?x"], "a b");
        // The wish of `0` for `y` lies in no cycle, so it holds.
        check(&["0: ?y", "a: +x ?y", "b: +y ?x"], "a b 0");
        // `a` wishes to wait for `b`, which must wait for `a`.
        check(&["a: +x ?y", "b: +y =x"], "a b");
    }

    #[test]
    fn inside_a_cycle_of_wishes_those_that_can_come_true_do() {
        // `c` waits for nothing that it could not have: only `a` gives up.
        check(&["a: +x ?z", "b: +y ?x", "c: +z ?y"], "a b c");
    }

    #[test]
    fn a_cycle_of_facts_is_an_error_that_names_the_steps() {
        let lines = ["a: +x =y", "b: +y =x", "c: =x", "d:"];
        let error = run(lines.iter().map(|line| action(line)).collect()).expect_err("a cycle");
        assert_eq!(error, PlanError::Cycle { between: "`a`, `b`".to_owned() });
    }

    #[test]
    fn facts_of_one_action_about_one_key_do_not_contradict() {
        check(&["a: !t ~t =t ?t", "b: +t"], "b a");
        check(&["a: =t", "b: -t +t"], "b a");
    }

    #[test]
    fn keys_are_compared_by_the_dialect() {
        check(&["a: =Users", "b: +uSERS"], "b a");
    }

    #[test]
    fn parts_and_wholes_are_different_keys() {
        let table: ObjectName = "t".into();
        let mut user = action("a:");
        user.uses.push(Key::part(ObjectKind::Table, &table, "c"));
        assert_eq!(run(vec![user.clone(), action("b: +t")]).expect("no cycle"), "a b");
        let mut maker = action("b:");
        maker.creates.push(Key::part(ObjectKind::Table, &table, "c"));
        assert_eq!(run(vec![user, maker]).expect("no cycle"), "b a");
    }

    #[test]
    fn ten_thousand_actions_in_a_chain_and_around_one_key_are_ordered() {
        let chain = (0..5_000).map(|n| format!("{n:05}: +t{n} =t{} =hub", n + 1));
        let users = (5_000..10_000).map(|n| format!("{n:05}: =hub ?t{}", n % 77));
        let hub = ["z: +hub".to_owned()];
        let actions: Vec<_> = chain.chain(users).chain(hub).map(|line| action(&line)).collect();
        let ordered = order(Dialect::Sqlite, actions).expect("no cycle");
        let names: Vec<_> = ordered.iter().map(|action| action.steps[0].sql.as_str()).collect();
        assert_eq!(names.len(), 10_001);
        assert_eq!((names[0], names[10_000]), ("z", "09999"));
        assert!(ordered.iter().all(|action| action.mode == Mode::Transaction));
    }
}
