//! Questions about whole scripts.

use super::ast::{Command, Compound, CompoundKind, Connector, Item, Pipeline, Script, Simple};
use crate::syntax::Span;

impl Script {
    /// All simple commands outside substitutions, at any depth, in the order of the source.
    #[must_use]
    pub fn simple_commands(&self) -> Vec<&Simple> {
        let mut commands = Vec::new();
        add_simple_commands(&self.items, &mut commands);
        commands
    }

    /// All simple commands at any depth, those in substitutions behind all others.
    #[must_use]
    pub fn all_commands(&self) -> Vec<&Simple> {
        let mut commands = self.simple_commands();
        for substitution in &self.substitutions {
            add_simple_commands(
                substitution.items.as_deref().unwrap_or_default(),
                &mut commands,
            );
        }
        commands
    }

    /// All compound commands outside substitutions, at any depth, the outer ones first.
    #[must_use]
    pub fn compound_commands(&self) -> Vec<&Compound> {
        let mut compounds = Vec::new();
        add_compound_commands(&self.items, &mut compounds);
        compounds
    }

    /// The innermost branch around what is written at `span`, by the byte at which it begins: a list that runs or does not,
    /// as something else decides, such as that of `if`, of a loop or of a function. `None` for what always runs.
    #[must_use]
    pub fn branch_around(&self, span: Span) -> Option<usize> {
        branch_in(&self.items, span, None)
    }

    /// The commands of `a && b && c`: if the script is a single list, in which only `&&` joins
    /// pipelines of one command each, none of them negated, timed or run in the background.
    #[must_use]
    pub fn and_list(&self) -> Option<Vec<&Command>> {
        match &self.items[..] {
            [item] if item.terminator.is_none() => item.and_list(),
            _ => None,
        }
    }
}

impl Item {
    /// The pipelines, in order.
    pub fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, _, pipeline)| pipeline))
    }

    /// The commands, if only `&&` joins pipelines of one command each, none of them negated or
    /// timed. What ends the list does not matter here.
    #[must_use]
    pub fn and_list(&self) -> Option<Vec<&Command>> {
        if self
            .rest
            .iter()
            .any(|(connector, _, _)| *connector == Connector::Or)
        {
            return None;
        }
        self.pipelines().map(Pipeline::single).collect()
    }
}

impl Pipeline {
    /// The only command, if it is neither negated nor timed.
    #[must_use]
    pub fn single(&self) -> Option<&Command> {
        match &self.commands[..] {
            [command] if !self.negated && !self.timed => Some(command),
            _ => None,
        }
    }
}

fn commands_of(items: &[Item]) -> impl Iterator<Item = &Command> {
    let pipelines = items.iter().flat_map(Item::pipelines);
    pipelines.flat_map(|pipeline| &pipeline.commands)
}

fn add_simple_commands<'a>(items: &'a [Item], commands: &mut Vec<&'a Simple>) {
    for command in commands_of(items) {
        add_simple_commands_of(command, commands);
    }
}

fn add_simple_commands_of<'a>(command: &'a Command, commands: &mut Vec<&'a Simple>) {
    match command {
        Command::Simple(simple) => commands.push(simple),
        Command::Compound(compound) => {
            for body in &compound.bodies {
                add_simple_commands(body, commands);
            }
        }
        Command::Function(function) => add_simple_commands_of(&function.body, commands),
    }
}

fn add_compound_commands<'a>(items: &'a [Item], compounds: &mut Vec<&'a Compound>) {
    for command in commands_of(items) {
        add_compound_commands_of(command, compounds);
    }
}

fn add_compound_commands_of<'a>(command: &'a Command, compounds: &mut Vec<&'a Compound>) {
    match command {
        Command::Simple(_) => {}
        Command::Compound(compound) => {
            compounds.push(compound);
            for body in &compound.bodies {
                add_compound_commands(body, compounds);
            }
        }
        Command::Function(function) => add_compound_commands_of(&function.body, compounds),
    }
}

/// The branch around `span` in a list that is a part of the branch `own`.
fn branch_in(items: &[Item], span: Span, own: Option<usize>) -> Option<usize> {
    let item = items.iter().find(|item| item.span.contains(span));
    let mut pipelines = item.into_iter().flat_map(Item::pipelines).enumerate();
    let Some((nth, pipeline)) = pipelines.find(|(_, pipeline)| pipeline.span.contains(span)) else {
        return own;
    };
    let own = if nth == 0 {
        own
    } else {
        Some(pipeline.span.start)
    };
    let mut commands = pipeline.commands.iter();
    let command = commands.find(|command| command.span().contains(span));
    command.map_or(own, |command| branch_of(command, span, own))
}

fn branch_of(command: &Command, span: Span, own: Option<usize>) -> Option<usize> {
    match command {
        Command::Simple(_) => own,
        Command::Function(function) => branch_of(&function.body, span, Some(function.span.start)),
        Command::Compound(compound) => {
            let mut bodies = compound.bodies.iter().filter_map(|body| {
                let whole = body.first()?.span.cover(body.last()?.span);
                whole.contains(span).then_some((whole.start, body))
            });
            let Some((start, body)) = bodies.next() else {
                return own;
            };
            let is_group = compound.kind == CompoundKind::Group;
            branch_in(body, span, if is_group { own } else { Some(start) })
        }
    }
}
