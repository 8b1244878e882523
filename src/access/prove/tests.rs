//! Formulas and patterns by themselves.

use super::budget::Budget;
use super::glob::Glob;
use super::shortest::shortest;
use super::{Formula, RuleId};
use crate::access::pattern::{ArnPattern, Pattern, Syntax};

#[test]
fn formulas_are_made_simple_and_keep_their_meaning() {
    let rule = |number| Formula::Rule(RuleId(number));
    assert_eq!(Formula::all([rule(1), Formula::Constant(true)]), rule(1));
    assert_eq!(Formula::any([]), Formula::Constant(false));
    let formula = Formula::any([rule(0), rule(1)]).except(Formula::all([rule(2), !rule(0)]));
    for bits in 0..8 {
        let within = |id: RuleId| bits >> id.0 & 1 == 1;
        assert_eq!(formula.holds(&within), formula.normal().holds(&within), "{bits}");
        let known = |id: RuleId| (id.0 == 2).then(|| within(id));
        assert_eq!(formula.holds(&within), formula.given(&known).holds(&within), "{bits}");
    }
}

#[test]
fn the_shortest_text_of_some_patterns_and_not_of_others() {
    let glob = |text: &str| {
        let pattern = Pattern::new(text, Syntax { wildcards: true, variables: false });
        Glob::text(&pattern, false, &mut |_| super::glob::Stands::Anything)
    };
    for (within, outside, found) in [
        (vec!["a*", "*b"], vec![], Some("ab")),
        (vec!["a*", "*b"], vec!["ab"], Some("axb")),
        (vec!["??"], vec!["*"], None),
        (vec!["*a*", "*b*", "??"], vec!["ab"], Some("ba")),
        (vec!["a?*"], vec!["a*"], None),
    ] {
        let globs = |texts: &[&str]| texts.iter().map(|text| glob(text)).collect::<Vec<_>>();
        let (own, others) = (globs(&within), globs(&outside));
        let (own, others) = (own.iter().collect::<Vec<_>>(), others.iter().collect::<Vec<_>>());
        let shown = shortest(&own, &others, &mut Budget::new()).unwrap();
        let length = |text: Option<&str>| text.map(|text| text.chars().count());
        assert_eq!(length(shown.as_deref()), length(found), "{within:?} without {outside:?}: {shown:?}");
        let Some(shown) = shown else { continue };
        assert!(own.iter().all(|glob| glob.covers(&shown)), "{shown} within {within:?}");
        assert!(!others.iter().any(|glob| glob.covers(&shown)), "{shown} without {outside:?}");
    }
}

#[test]
fn wildcards_stay_in_their_part_of_an_arn() {
    let arn = |text: &str| {
        let pattern = ArnPattern::resource(text, false);
        Glob::arn(&pattern, &mut |_| super::glob::Stands::Anything).expect("it covers something")
    };
    let glob = arn("arn:aws:s3:*:*:b/*");
    assert!(glob.covers("arn:aws:s3:::b/a:c/d"));
    assert!(!glob.covers("arn:aws:s3:x:y:z:b/a"));
    assert!(arn("arn:aws:logs:*").covers("arn:aws:logs:eu-west-1:111122223333:log-group:g:*"));
}
