//! TypeScript's types, found so that they can be blanked out; and imports, of
//! which there are none.
//!
//! Nothing is written anew: what is only there for the compiler becomes spaces,
//! so every line and column stays where the author sees it. What cannot be done
//! so, since TypeScript makes code of it, is refused; `erasableSyntaxOnly` is
//! TypeScript's own name for this rule.

use oxc_ast::ast::{
    AccessorProperty, ArrowFunctionExpression, CatchParameter, Class, ClassElement, Declaration, Decorator,
    ExportAllDeclaration, ExportDeclaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind,
    ExportFromDeclaration, ExportNamedDeclaration, FormalParameter, FormalParameterRest, Function,
    ImportDeclaration, ImportDeclarationSpecifier, ImportOrExportKind, MethodDefinition,
    MethodDefinitionType, PropertyDefinition, PropertyDefinitionType, Statement, TSAsExpression,
    TSClassImplements, TSEnumDeclaration, TSExportAssignment, TSExternalModuleDeclaration,
    TSGlobalDeclaration, TSImportEqualsDeclaration, TSIndexSignature, TSInstantiationExpression,
    TSInterfaceDeclaration, TSNamespaceDeclaration, TSNamespaceExportDeclaration, TSNonNullExpression,
    TSSatisfiesExpression, TSThisParameter, TSTypeAliasDeclaration, TSTypeAnnotation, TSTypeAssertion,
    TSTypeParameterDeclaration, TSTypeParameterInstantiation, VariableDeclaration, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use super::erase::Eraser;
use super::{ModuleFault, Refused};

/// What is found in a module.
pub(super) struct Types<'t> {
    pub(super) eraser: Eraser<'t>,
    /// What stands in the way of running it.
    pub(super) refused: Vec<Refused>,
}

impl<'t> Types<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { eraser: Eraser::new(text), refused: Vec::new() }
    }

    fn refuse(&mut self, span: Span, message: &str, help: &'static str) {
        let message = message.to_owned();
        self.refused.push(Refused { fault: ModuleFault::NotErasable, span, message, help });
    }

    fn refuse_import(&mut self, span: Span) {
        let help = "write what it needs into the file; types come with `import type`";
        let message = "a script imports nothing".to_owned();
        self.refused.push(Refused { fault: ModuleFault::Import, span, message, help });
    }

    /// The modifiers of a member of a class, which stand before its name.
    fn modifiers(&mut self, member: Span, key: Span) {
        for word in ["public", "private", "protected", "override", "readonly"] {
            if self.eraser.blank_word(member.start, key.start, word) == Some(member.start) {
                // What follows could go on with the line before: `[key]`, `*all()`.
                self.eraser.mark(member.start, b';');
            }
        }
    }

    /// What stands after a name: `?` or `!`, and its type.
    fn annotation(&mut self, name: Span, annotation: Option<&TSTypeAnnotation<'_>>, is_marked: bool) {
        match annotation {
            Some(annotation) => self.eraser.blank(Span::new(name.end, annotation.span.end)),
            None if is_marked => self.eraser.blank_mark(name.end),
            None => {}
        }
    }
}

/// Says whether a compiler makes nothing of it.
fn is_erased(declaration: &Declaration<'_>) -> bool {
    let is_type = matches!(
        declaration,
        Declaration::TSTypeAliasDeclaration(_) | Declaration::TSInterfaceDeclaration(_)
    );
    let is_overload =
        matches!(declaration, Declaration::FunctionDeclaration(function) if function.body.is_none());
    is_type || is_overload || declaration.declare()
}

const ERASABLE: &str = "only types that can be left out are understood; write it in JavaScript";

impl<'a> Visit<'a> for Types<'_> {
    fn visit_statement(&mut self, statement: &Statement<'a>) {
        let ends = match statement {
            Statement::ExpressionStatement(_)
            | Statement::ReturnStatement(_)
            | Statement::ThrowStatement(_)
            | Statement::ExportDefaultDeclaration(_) => true,
            Statement::VariableDeclaration(variables) => !variables.declare,
            Statement::ExportDeclaration(export) => !is_erased(&export.declaration),
            _ => false,
        };
        if ends {
            self.eraser.ends_at(statement.span().end);
        }
        walk::walk_statement(self, statement);
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        let is_type = |specifier: &ImportDeclarationSpecifier<'a>| matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(one) if one.import_kind == ImportOrExportKind::Type);
        let are_types =
            import.specifiers.as_ref().is_some_and(|all| !all.is_empty() && all.iter().all(is_type));
        match import.import_kind == ImportOrExportKind::Type || are_types {
            true => self.eraser.blank_statement(import.span),
            false => self.refuse_import(import.span),
        }
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        match export.export_kind {
            ImportOrExportKind::Type => self.eraser.blank_statement(export.span),
            ImportOrExportKind::Value => self.refuse_import(export.span),
        }
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        match export.export_kind {
            ImportOrExportKind::Type => self.eraser.blank_statement(export.span),
            ImportOrExportKind::Value => self.refuse_import(export.span),
        }
    }

    fn visit_export_named_declaration(&mut self, export: &ExportNamedDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Type {
            return self.eraser.blank_statement(export.span);
        }
        let types = export.specifiers.iter().filter(|one| one.export_kind == ImportOrExportKind::Type);
        types.for_each(|specifier| self.eraser.blank_with_comma(specifier.span));
    }

    fn visit_export_declaration(&mut self, export: &ExportDeclaration<'a>) {
        if is_erased(&export.declaration) {
            return self.eraser.blank_statement(export.span);
        }
        walk::walk_export_declaration(self, export);
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        match &export.declaration {
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {
                self.eraser.blank_statement(export.span);
            }
            ExportDefaultDeclarationKind::FunctionDeclaration(function) if function.body.is_none() => {
                self.eraser.blank_statement(export.span);
            }
            _ => walk::walk_export_default_declaration(self, export),
        }
    }

    fn visit_variable_declaration(&mut self, variables: &VariableDeclaration<'a>) {
        if variables.declare {
            return self.eraser.blank_statement(variables.span);
        }
        walk::walk_variable_declaration(self, variables);
    }

    fn visit_variable_declarator(&mut self, variable: &VariableDeclarator<'a>) {
        self.annotation(variable.id.span(), variable.type_annotation.as_deref(), variable.definite);
        self.visit_binding_pattern(&variable.id);
        if let Some(init) = &variable.init {
            self.visit_expression(init);
        }
    }

    fn visit_catch_parameter(&mut self, parameter: &CatchParameter<'a>) {
        self.annotation(parameter.pattern.span(), parameter.type_annotation.as_deref(), false);
        self.visit_binding_pattern(&parameter.pattern);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        if function.declare || function.body.is_none() {
            return self.eraser.blank_statement(function.span);
        }
        walk::walk_function(self, function, flags);
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        let params = arrow.params.span;
        // No line may end before the parameters, where `async` or `return` stands
        // before them, and none between them and the arrow.
        if let Some(types) =
            arrow.type_parameters.as_deref().filter(|types| self.eraser.has_line_end(types.span))
        {
            self.eraser.mark(types.span.start, b'(');
            self.eraser.blank(Span::new(params.start, params.start + 1));
        }
        if let Some(result) =
            arrow.return_type.as_deref().filter(|result| self.eraser.has_line_end(result.span))
        {
            self.eraser.blank(Span::new(params.end - 1, params.end));
            self.eraser.mark(result.span.end - 1, b')');
        }
        walk::walk_arrow_function_expression(self, arrow);
    }

    fn visit_formal_parameter(&mut self, parameter: &FormalParameter<'a>) {
        if parameter.accessibility.is_some() || parameter.readonly || parameter.r#override {
            self.refuse(parameter.span, "a parameter that is a property is made by a compiler", ERASABLE);
        }
        self.annotation(parameter.pattern.span(), parameter.type_annotation.as_deref(), parameter.optional);
        self.visit_decorators(&parameter.decorators);
        self.visit_binding_pattern(&parameter.pattern);
        if let Some(initializer) = &parameter.initializer {
            self.visit_expression(initializer);
        }
    }

    fn visit_formal_parameter_rest(&mut self, parameter: &FormalParameterRest<'a>) {
        self.annotation(parameter.rest.span, parameter.type_annotation.as_deref(), false);
        self.visit_decorators(&parameter.decorators);
        self.visit_binding_rest_element(&parameter.rest);
    }

    fn visit_ts_this_parameter(&mut self, this: &TSThisParameter<'a>) {
        self.eraser.blank_with_comma(this.span);
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        if class.declare {
            return self.eraser.blank_statement(class.span);
        }
        if class.r#abstract {
            self.eraser.blank_word(class.span.start, class.body.span.start, "abstract");
        }
        if let (Some(first), Some(last)) = (class.implements.first(), class.implements.last()) {
            let from =
                class.heritage.as_ref().map_or(class.span.start, |heritage| heritage.expression.span().end);
            let word = self.eraser.word(from, first.span.start, "implements").unwrap_or(first.span.start);
            self.eraser.blank(Span::new(word, last.span.end));
        }
        walk::walk_class(self, class);
    }

    fn visit_class_element(&mut self, element: &ClassElement<'a>) {
        if let ClassElement::PropertyDefinition(_) = element {
            self.eraser.ends_at(element.span().end);
        }
        walk::walk_class_element(self, element);
    }

    fn visit_method_definition(&mut self, method: &MethodDefinition<'a>) {
        if method.r#type == MethodDefinitionType::TSAbstractMethodDefinition || method.value.body.is_none() {
            return self.eraser.blank_statement(method.span);
        }
        self.modifiers(method.span, method.key.span());
        if method.optional {
            self.eraser.blank_mark(method.key.span().end);
        }
        walk::walk_method_definition(self, method);
    }

    fn visit_property_definition(&mut self, property: &PropertyDefinition<'a>) {
        if property.declare || property.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition {
            return self.eraser.blank_statement(property.span);
        }
        self.modifiers(property.span, property.key.span());
        let is_marked = property.optional || property.definite;
        match (&property.type_annotation, property.computed) {
            // What ends the name is the bracket, and it stays.
            (Some(annotation), true) => {
                if is_marked {
                    self.eraser.blank_mark(property.key.span().end);
                }
                self.eraser.blank(annotation.span);
            }
            (annotation, _) => self.annotation(property.key.span(), annotation.as_deref(), is_marked),
        }
        self.visit_decorators(&property.decorators);
        self.visit_property_key(&property.key);
        if let Some(value) = &property.value {
            self.visit_expression(value);
        }
    }

    fn visit_accessor_property(&mut self, property: &AccessorProperty<'a>) {
        self.refuse(property.span, "the keyword `accessor` is not known to the engine", ERASABLE);
    }

    fn visit_ts_index_signature(&mut self, signature: &TSIndexSignature<'a>) {
        self.eraser.blank_statement(signature.span);
    }

    fn visit_ts_class_implements(&mut self, _: &TSClassImplements<'a>) {}

    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        self.refuse(decorator.span, "decorators are made by a compiler", ERASABLE);
    }

    fn visit_ts_type_annotation(&mut self, annotation: &TSTypeAnnotation<'a>) {
        self.eraser.blank(annotation.span);
    }

    fn visit_ts_type_parameter_declaration(&mut self, parameters: &TSTypeParameterDeclaration<'a>) {
        self.eraser.blank(parameters.span);
    }

    fn visit_ts_type_parameter_instantiation(&mut self, arguments: &TSTypeParameterInstantiation<'a>) {
        self.eraser.blank(arguments.span);
    }

    fn visit_ts_as_expression(&mut self, cast: &TSAsExpression<'a>) {
        self.eraser.blank(Span::new(cast.expression.span().end, cast.span.end));
        self.visit_expression(&cast.expression);
    }

    fn visit_ts_satisfies_expression(&mut self, cast: &TSSatisfiesExpression<'a>) {
        self.eraser.blank(Span::new(cast.expression.span().end, cast.span.end));
        self.visit_expression(&cast.expression);
    }

    fn visit_ts_non_null_expression(&mut self, value: &TSNonNullExpression<'a>) {
        self.eraser.blank(Span::new(value.expression.span().end, value.span.end));
        self.visit_expression(&value.expression);
    }

    fn visit_ts_instantiation_expression(&mut self, value: &TSInstantiationExpression<'a>) {
        self.eraser.blank(value.type_arguments.span);
        self.visit_expression(&value.expression);
    }

    fn visit_ts_type_assertion(&mut self, cast: &TSTypeAssertion<'a>) {
        self.refuse(cast.span, "a type before a value is not understood", "write `value as Type`");
    }

    fn visit_ts_type_alias_declaration(&mut self, alias: &TSTypeAliasDeclaration<'a>) {
        self.eraser.blank_statement(alias.span);
    }

    fn visit_ts_interface_declaration(&mut self, interface: &TSInterfaceDeclaration<'a>) {
        self.eraser.blank_statement(interface.span);
    }

    fn visit_ts_enum_declaration(&mut self, declaration: &TSEnumDeclaration<'a>) {
        match declaration.declare {
            true => self.eraser.blank_statement(declaration.span),
            false => self.refuse(
                declaration.span,
                "an `enum` is made by a compiler",
                "write an object: `const Colour = { Red: 'red' } as const;`",
            ),
        }
    }

    fn visit_ts_namespace_declaration(&mut self, declaration: &TSNamespaceDeclaration<'a>) {
        match declaration.declare {
            true => self.eraser.blank_statement(declaration.span),
            false => self.refuse(declaration.span, "a `namespace` is made by a compiler", ERASABLE),
        }
    }

    fn visit_ts_external_module_declaration(&mut self, declaration: &TSExternalModuleDeclaration<'a>) {
        self.eraser.blank_statement(declaration.span);
    }

    fn visit_ts_global_declaration(&mut self, declaration: &TSGlobalDeclaration<'a>) {
        self.eraser.blank_statement(declaration.span);
    }

    fn visit_ts_import_equals_declaration(&mut self, import: &TSImportEqualsDeclaration<'a>) {
        self.refuse_import(import.span);
    }

    fn visit_ts_export_assignment(&mut self, export: &TSExportAssignment<'a>) {
        self.refuse(export.span, "`export =` is of another kind of module", "write `export default`");
    }

    fn visit_ts_namespace_export_declaration(&mut self, export: &TSNamespaceExportDeclaration<'a>) {
        self.eraser.blank_statement(export.span);
    }
}
