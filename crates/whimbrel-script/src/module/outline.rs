//! What can be seen of a module without running it.

use oxc_ast::ast::{
    BindingPattern, CallExpression, ExportDefaultDeclaration, Expression, ModuleExportName, NewExpression,
    ObjectExpression, ObjectProperty, ObjectPropertyKind, Program, Statement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};

use super::{ModuleFault, Refused};

/// What a module exports, as far as it can be seen.
pub(super) struct Outline {
    /// What stands in the way of running it.
    pub(super) refused: Option<Refused>,
    /// Whether it has a way back that does something.
    pub(super) goes_back: bool,
}

impl Outline {
    /// What can be seen of a migration whose file has this number.
    pub(super) fn of(program: &Program<'_>, number: u32) -> Self {
        let Some(export) = default_export(program) else {
            let renamed = program.body.iter().any(is_renamed_default);
            let refused = (!renamed).then(|| Refused {
                fault: ModuleFault::Shape,
                span: Span::new(0, 0),
                message: "it has no default export".to_owned(),
                help: "write `export default { version, up: async (db) => {}, down: async (db) => {} }`",
            });
            return Self { refused, goes_back: true };
        };
        match object_of(program, export) {
            Some(object) => Self { refused: problem(object, number), goes_back: goes_back(object) },
            None => Self { refused: None, goes_back: true },
        }
    }
}

fn default_export<'p, 'a>(program: &'p Program<'a>) -> Option<&'p ExportDefaultDeclaration<'a>> {
    program.body.iter().find_map(|statement| match statement {
        Statement::ExportDefaultDeclaration(export) => Some(&**export),
        _ => None,
    })
}

/// `export { migration as default }`: what it is shows when it runs.
fn is_renamed_default(statement: &Statement<'_>) -> bool {
    let Statement::ExportNamedDeclaration(export) = statement else { return false };
    export.specifiers.iter().any(|one| match &one.exported {
        ModuleExportName::IdentifierName(name) => name.name == "default",
        ModuleExportName::IdentifierReference(name) => name.name == "default",
        ModuleExportName::StringLiteral(name) => name.value == "default",
    })
}

/// The object that is exported, or the constant that is one.
fn object_of<'p, 'a>(
    program: &'p Program<'a>,
    export: &'p ExportDefaultDeclaration<'a>,
) -> Option<&'p ObjectExpression<'a>> {
    let exported = export.declaration.as_expression()?.get_inner_expression();
    let named = match exported {
        Expression::Identifier(name) => constant(program, name.name.as_str()),
        _ => None,
    };
    match named.unwrap_or(exported) {
        Expression::ObjectExpression(object) => Some(&**object),
        _ => None,
    }
}

/// What a constant of the module is.
fn constant<'p, 'a>(program: &'p Program<'a>, name: &str) -> Option<&'p Expression<'a>> {
    let variables = program.body.iter().filter_map(|statement| match statement {
        Statement::VariableDeclaration(variables) if variables.kind.is_const() => {
            Some(&variables.declarations)
        }
        _ => None,
    });
    let is_it = |pattern: &BindingPattern<'a>| matches!(pattern, BindingPattern::BindingIdentifier(one) if one.name == name);
    let found = variables.flatten().find(|variable| is_it(&variable.id))?;
    Some(found.init.as_ref()?.get_inner_expression())
}

/// The property of this name, unless another one may take its place.
fn property<'p, 'a>(object: &'p ObjectExpression<'a>, name: &str) -> Option<&'p ObjectProperty<'a>> {
    let mut properties = object.properties.iter().filter_map(ObjectPropertyKind::as_property);
    properties.rfind(|property| property.key.is_specific_static_name(name))
}

/// Says whether all properties are there to be seen.
fn is_plain(object: &ObjectExpression<'_>) -> bool {
    object.properties.iter().all(|property| property.as_property().is_some_and(|one| !one.computed))
}

fn problem(object: &ObjectExpression<'_>, number: u32) -> Option<Refused> {
    let is_plain = is_plain(object);
    let lacks = |name: &str, help| {
        (is_plain && property(object, name).is_none()).then(|| Refused {
            fault: ModuleFault::Shape,
            span: Span::sized(object.span.start, 1),
            message: format!("what it exports has no `{name}`"),
            help,
        })
    };
    let wrong_version = || match property(object, "version")?.value.get_inner_expression() {
        Expression::NumericLiteral(version) if version.value != f64::from(number) => Some(Refused {
            fault: ModuleFault::Shape,
            span: version.span,
            message: format!("its `version` is {}, and the number of its file is {number}", version.value),
            help: "the two must agree: put the version right, or the name of the file",
        }),
        _ => None,
    };
    lacks("version", "the version is the number of the file")
        .or_else(wrong_version)
        .or_else(|| lacks("up", "write `up: async (db) => { await db.exec('...'); }`"))
}

/// Says whether there is a way back, and something in it.
fn goes_back(object: &ObjectExpression<'_>) -> bool {
    let Some(down) = property(object, "down") else { return !is_plain(object) };
    match down.value.get_inner_expression() {
        Expression::FunctionExpression(function) => {
            function.body.as_ref().is_none_or(|body| !body.is_empty())
        }
        Expression::ArrowFunctionExpression(arrow) => {
            arrow.body.as_function_body().is_none_or(|body| !body.is_empty())
        }
        _ => true,
    }
}

/// Where functions are called: a failure of a function that is not the script's own
/// is shown there.
#[derive(Default)]
pub(super) struct Calls {
    /// Each call, and the name of what it calls.
    pub(super) found: Vec<Call>,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) whole: (u32, u32),
    pub(crate) callee: (u32, u32),
}

impl Call {
    fn new(whole: Span, callee: Span) -> Self {
        Self { whole: (whole.start, whole.end), callee: (callee.start, callee.end) }
    }
}

impl<'a> Visit<'a> for Calls {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        self.found.push(Call::new(call.span, call.callee.span()));
        walk::walk_call_expression(self, call);
    }

    fn visit_new_expression(&mut self, call: &NewExpression<'a>) {
        self.found.push(Call::new(call.span, Span::new(call.span.start, call.callee.span().end)));
        walk::walk_new_expression(self, call);
    }
}
