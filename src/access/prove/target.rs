//! The action of a request and what it is on, which go together: an action is only ever on resources of its types.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::bits::Bits;
use super::budget::{Budget, Reason};
use super::glob::Glob;
use super::literal::Literal;
use super::shapes::{self, ANY, Form, NOTHING};
use super::strings::{Entry, GlobId, Relation, Strings};
use crate::access::pattern::{ArnPattern, Pattern};

/// The actions and resources of all requests, as far as some rules tell them apart.
#[derive(Debug, Default)]
pub struct Targets {
    atoms: Vec<Atom>,
    numbers: HashMap<Atom, usize>,
    strings: Strings,
    /// Resource patterns by their service; none for several, or by a wildcard.
    by_service: BTreeMap<Option<String>, BTreeSet<GlobId>>,
    partitions: Vec<String>,
    /// What resource patterns say of the partition.
    partition_patterns: BTreeSet<Pattern>,
    /// The one resource, if it is said.
    only: Option<String>,
    /// All actions in small letters, if they are said.
    asked: Option<BTreeSet<String>>,
    shapes: Vec<Shape>,
    classes: Vec<Class>,
    known: HashMap<(usize, Vec<Literal>), bool>,
    /// The shapes of the actions that some literals leave.
    reached: HashMap<Vec<Literal>, Rc<[usize]>>,
}

/// What a rule says of the target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Atom {
    Actions(Vec<Pattern>),
    Resources(Vec<GlobId>),
}

/// A pattern of actions, with the atom that it is of.
type Meant = (usize, Pattern);

/// Resources that the rules do not tell apart by their form.
#[derive(Debug)]
struct Shape {
    glob: GlobId,
}

/// Actions that the rules do not tell apart.
#[derive(Debug)]
struct Class {
    /// Which action atoms cover it.
    atoms: Bits,
    /// The first of them, in AWS's spelling.
    name: String,
    /// Its shapes, and the pattern of its own resources for each.
    shapes: Vec<(usize, GlobId)>,
}

impl Targets {
    /// None yet, in these partitions, and on one resource and of some actions if that is said.
    pub fn new(partitions: Vec<String>, only: Option<String>, asked: Option<BTreeSet<String>>) -> Self {
        Self { partitions, only, asked, ..Self::default() }
    }

    fn atom(&mut self, atom: Atom) -> usize {
        if let Some(number) = self.numbers.get(&atom) {
            return *number;
        }
        self.atoms.push(atom.clone());
        self.numbers.insert(atom, self.atoms.len() - 1);
        self.atoms.len() - 1
    }

    /// The atom of some patterns of actions.
    pub fn actions(&mut self, patterns: &[Pattern]) -> usize {
        let mut patterns = patterns.to_vec();
        patterns.sort_unstable();
        patterns.dedup();
        self.atom(Atom::Actions(patterns))
    }

    /// The atom of some patterns of resources.
    pub fn resources(&mut self, patterns: Vec<(ArnPattern, Entry)>) -> usize {
        let mut globs = vec![];
        for (pattern, entry) in patterns {
            let service = match &pattern {
                ArnPattern::Parts(parts) => parts.get(2).and_then(|part| part.exact()).map(str::to_owned),
                ArnPattern::All => None,
            };
            let glob = self.strings.add(entry);
            globs.push(glob);
            self.by_service.entry(service).or_default().insert(glob);
            if let ArnPattern::Parts(parts) = &pattern {
                self.partition_patterns.extend(parts.get(1).cloned());
            }
        }
        globs.sort_unstable();
        globs.dedup();
        self.atom(Atom::Resources(globs))
    }

    /// Sorts out which actions and which forms of resources the atoms tell apart. After the last atom.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn settle(&mut self, budget: &mut Budget) -> Result<(), Reason> {
        let mut told = HashSet::new();
        let patterns = &self.partition_patterns;
        self.partitions.retain(|partition| {
            told.insert(patterns.iter().map(|pattern| pattern.matches(partition)).collect::<Vec<_>>())
        });
        let (own, wild) = self.action_patterns();
        let mut shapes = Shapes::default();
        let mut classes: HashMap<(Bits, Vec<usize>), Class> = HashMap::new();
        let mut named: HashSet<&Pattern> = HashSet::new();
        let count = self.atoms.len();
        let mut base = Bits::new(count);
        wild.iter().filter(|(_, p)| p.is_everything()).for_each(|(atom, _)| base.set(*atom));
        let wild: Vec<_> = wild.into_iter().filter(|(_, p)| !p.is_everything()).collect();
        let asked = self.asked.take();
        let is_asked = |name: &str| asked.as_ref().is_none_or(|all| all.contains(name));
        let some_asked = |prefix: &str| {
            let begin = format!("{prefix}:");
            let first = |all: &BTreeSet<String>| all.range(begin.clone()..).next().cloned();
            asked.as_ref().is_none_or(|all| first(all).is_some_and(|name| name.starts_with(&begin)))
        };
        for service in shapes::services().iter().filter(|service| some_asked(service.prefix)) {
            let of_service = own.get(service.prefix).map_or(&[][..], Vec::as_slice);
            if of_service.is_empty() && wild.is_empty() && asked.is_none() {
                for (forms, first) in &service.by_forms {
                    let Some(action) = service.actions.get(*first) else { continue };
                    self.add_class(&mut classes, &mut shapes, &base, &action.name, forms, budget)?;
                }
                continue;
            }
            for action in service.actions.iter().filter(|action| is_asked(&action.folded)) {
                let mut row = base.clone();
                for (atom, pattern) in of_service.iter().chain(&wild) {
                    if pattern.matches(&action.folded) {
                        row.set(*atom);
                        named.insert(pattern);
                    }
                }
                self.add_class(&mut classes, &mut shapes, &row, &action.name, &action.forms, budget)?;
            }
        }
        // What the reference does not have may exist all the same.
        for (_, pattern) in own.values().flatten().chain(&wild) {
            if named.contains(pattern) {
                continue;
            }
            let name = example(pattern);
            if !is_asked(&name) {
                continue;
            }
            let mut row = base.clone();
            for (atom, pattern) in own.values().flatten().chain(&wild) {
                if pattern.matches(&name) {
                    row.set(*atom);
                }
            }
            self.add_class(&mut classes, &mut shapes, &row, &name, &[NOTHING, ANY], budget)?;
        }
        self.asked = asked;
        self.shapes = shapes.all;
        // In an order that does not hang on chance.
        let mut classes: Vec<_> = classes.into_iter().collect();
        classes.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self.classes = classes.into_iter().map(|(_, class)| class).collect();
        self.known.clear();
        Ok(())
    }

    /// Patterns of actions with their atoms, by service, and those of several services.
    fn action_patterns(&self) -> (BTreeMap<String, Vec<Meant>>, Vec<Meant>) {
        let mut own: BTreeMap<String, Vec<Meant>> = BTreeMap::new();
        let mut wild = vec![];
        for (number, atom) in self.atoms.iter().enumerate() {
            let Atom::Actions(patterns) = atom else { continue };
            for pattern in patterns {
                match pattern.begin.split_once(':') {
                    Some((service, _)) => {
                        own.entry(service.to_owned()).or_default().push((number, pattern.clone()));
                    }
                    None => wild.push((number, pattern.clone())),
                }
            }
        }
        (own, wild)
    }

    fn add_class(
        &mut self,
        classes: &mut HashMap<(Bits, Vec<usize>), Class>,
        shapes: &mut Shapes,
        atoms: &Bits,
        name: &str,
        forms: &[usize],
        budget: &mut Budget,
    ) -> Result<(), Reason> {
        if !shapes.seen.insert((atoms.clone(), forms.to_vec())) {
            return Ok(());
        }
        let mut own: BTreeMap<usize, GlobId> = BTreeMap::new();
        for form in forms {
            for (shape, glob) in self.shapes_of(shapes, *form, budget)? {
                own.entry(shape).or_insert(glob);
            }
        }
        let key = (atoms.clone(), own.keys().copied().collect());
        classes.entry(key).or_insert_with(|| Class {
            atoms: atoms.clone(),
            name: name.to_owned(),
            shapes: own.into_iter().collect(),
        });
        Ok(())
    }

    /// The shapes of a form: two forms that lie in the same patterns, and in none in part, have the same.
    fn shapes_of(
        &mut self,
        shapes: &mut Shapes,
        form: usize,
        budget: &mut Budget,
    ) -> Result<Vec<(usize, GlobId)>, Reason> {
        if let Some(known) = shapes.of_form.get(&form) {
            return Ok(known.clone());
        }
        let Some(kind) = shapes::forms().get(form).copied() else { return Ok(vec![]) };
        let mut found = vec![];
        let partitions = if kind == Form::Nothing { vec![String::new()] } else { self.partitions.clone() };
        for partition in partitions {
            let mut glob = kind.glob(&partition);
            if let Some(only) = &self.only {
                if !glob.covers(only) {
                    continue;
                }
                glob = Glob::exactly(only);
            }
            let id = self.strings.add_glob(glob);
            let signature = self.signature(kind, id, budget)?;
            let next = shapes.all.len();
            let shape = match signature {
                Some(within) => *shapes.merged.entry(within).or_insert(next),
                None => next,
            };
            if shape == next {
                shapes.all.push(Shape { glob: id });
            }
            found.push((shape, id));
        }
        shapes.of_form.insert(form, found.clone());
        Ok(found)
    }

    /// The patterns that cover a whole form, if every other one covers nothing of it.
    fn signature(
        &mut self,
        form: Form,
        glob: GlobId,
        budget: &mut Budget,
    ) -> Result<Option<Vec<GlobId>>, Reason> {
        let of = |service: Option<String>| self.by_service.get(&service).into_iter().flatten().copied();
        let mut open: Vec<GlobId> = of(None).collect();
        match (form, form.service().map(str::to_owned)) {
            // Only `*` covers it.
            (Form::Nothing, _) => {}
            (Form::Template(_), Some(service)) => open.extend(of(Some(service))),
            (Form::Template(_) | Form::Any, _) => {
                open = self.by_service.values().flatten().copied().collect();
            }
        }
        let mut within = vec![];
        for id in open {
            match self.strings.relation(glob, id, budget)? {
                Relation::Within => within.push(id),
                Relation::Apart => {}
                Relation::Mixed => return Ok(None),
            }
        }
        Ok(Some(within))
    }

    /// Whether any request is as these literals say.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn check(&mut self, literals: &[Literal], budget: &mut Budget) -> Result<bool, Reason> {
        let (actions, resources) = self.parted(literals);
        let shapes = self.shapes_reached(actions);
        if resources.is_empty() {
            return Ok(!shapes.is_empty());
        }
        for shape in shapes.iter() {
            if self.on_shape(*shape, &resources, budget)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn shapes_reached(&mut self, actions: Vec<Literal>) -> Rc<[usize]> {
        if let Some(known) = self.reached.get(&actions) {
            return Rc::clone(known);
        }
        let classes = self.classes.iter().filter(|class| class.is(&actions));
        let shapes: BTreeSet<usize> =
            classes.flat_map(|class| class.shapes.iter().map(|(shape, _)| *shape)).collect();
        let shapes: Rc<[usize]> = shapes.into_iter().collect();
        self.reached.insert(actions, Rc::clone(&shapes));
        shapes
    }

    fn on_shape(&mut self, shape: usize, resources: &[Literal], budget: &mut Budget) -> Result<bool, Reason> {
        let key = (shape, resources.to_vec());
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let Some(glob) = self.shapes.get(shape).map(|shape| shape.glob) else { return Ok(false) };
        let found = self.resource(glob, resources, budget)?.is_some();
        self.known.insert(key, found);
        Ok(found)
    }

    fn resource(
        &mut self,
        form: GlobId,
        resources: &[Literal],
        budget: &mut Budget,
    ) -> Result<Option<String>, Reason> {
        let (mut unions, mut outside): (Vec<&[GlobId]>, Vec<GlobId>) = (vec![], vec![]);
        for literal in resources {
            let Some(globs) = self.atoms.get(literal.atom()).and_then(Atom::globs) else { continue };
            if literal.holds() {
                unions.push(globs);
            } else {
                outside.extend(globs);
            }
        }
        self.strings.find(&[form], &unions, &outside, budget)
    }

    /// An action and a resource as these literals say.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn witness(
        &mut self,
        literals: &[Literal],
        budget: &mut Budget,
    ) -> Result<Option<(String, String)>, Reason> {
        let (actions, resources) = self.parted(literals);
        let mut on_nothing = None;
        for at in 0..self.classes.len() {
            let Some(class) = self.classes.get(at) else { break };
            if !class.is(&actions) {
                continue;
            }
            let (name, shapes) = (class.name.clone(), class.shapes.clone());
            for (shape, own) in shapes {
                if self.on_shape(shape, &resources, budget)?
                    && let Some(resource) = self.resource(own, &resources, budget)?
                {
                    // An example with something that it is on says more.
                    if resource != "*" {
                        return Ok(Some((name, resource)));
                    }
                    on_nothing.get_or_insert_with(|| (name.clone(), resource));
                }
            }
        }
        Ok(on_nothing)
    }

    fn parted(&self, literals: &[Literal]) -> (Vec<Literal>, Vec<Literal>) {
        let is_actions =
            |literal: &&Literal| matches!(self.atoms.get(literal.atom()), Some(Atom::Actions(_)));
        literals.iter().partition(is_actions)
    }
}

impl Class {
    fn is(&self, actions: &[Literal]) -> bool {
        actions.iter().all(|literal| self.atoms.get(literal.atom()) == literal.holds())
    }
}

impl Atom {
    fn globs(&self) -> Option<&[GlobId]> {
        match self {
            Self::Resources(globs) => Some(globs),
            Self::Actions(_) => None,
        }
    }
}

/// Shapes while they are put together.
#[derive(Default)]
struct Shapes {
    merged: HashMap<Vec<GlobId>, usize>,
    of_form: HashMap<usize, Vec<(usize, GlobId)>>,
    /// Which actions and forms were looked at.
    seen: HashSet<(Bits, Vec<usize>)>,
    all: Vec<Shape>,
}

/// An action that a pattern covers and the reference does not have.
fn example(pattern: &Pattern) -> String {
    use crate::access::pattern::Piece;
    let mut text = pattern.begin.clone();
    for piece in &pattern.rest {
        match piece {
            Piece::Is(c) => text.push(*c),
            Piece::Any => text.push('x'),
            Piece::Star | Piece::Variable(_) => {}
        }
    }
    if text.ends_with(':') {
        text.push('x');
    }
    text
}
