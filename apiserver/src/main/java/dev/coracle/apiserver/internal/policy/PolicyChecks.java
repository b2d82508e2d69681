package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the expressions of webhooks and policies can be compiled, asked when they are written.
 * One of these belongs to one policy; its variables are to be told in their order, before what uses
 * them.
 */
public final class PolicyChecks {

  private static final int MOST_CONDITIONS = 64;

  private final Scope scope;
  private final PolicyVariables variables;
  private final boolean usesVariables;

  /** With the variables so far; made when asked for. */
  private @Nullable CelEnvironment environment;

  private @Nullable CelEnvironment messages;

  /**
   * @param params whether the policy has parameters
   * @param usesVariables whether expressions know {@code variables}, be it that there are none
   */
  public PolicyChecks(boolean params, boolean usesVariables) {
    this.scope = Scope.ofPolicy(params);
    this.variables = new PolicyVariables(scope);
    this.usesVariables = usesVariables;
  }

  /** The {@code matchConditions} of a webhook. */
  public static void webhookConditions(JsonNode conditions, FieldPath at, FieldErrors errors) {
    conditions(conditions, Scope::ofWebhooks, at, errors);
  }

  /** The {@code matchConditions} of the policy, which know none of its variables. */
  public void conditions(JsonNode conditions, FieldPath at, FieldErrors errors) {
    conditions(conditions, scope::environment, at, errors);
  }

  private static void conditions(
      JsonNode conditions, Supplier<CelEnvironment> known, FieldPath at, FieldErrors errors) {
    if (conditions.isEmpty()) {
      return;
    }
    CelEnvironment environment = known.get();
    if (conditions.size() > MOST_CONDITIONS) {
      errors.tooMany(at, "", conditions.size(), MOST_CONDITIONS);
    }
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode c : conditions) {
      FieldPath here = at.index(i++);
      String text = c.path("expression").asText("").strip();
      if (text.isEmpty()) {
        errors.required(here, "expression");
      } else {
        compile(text, here, "expression", errors, environment::compileBool);
      }
      String name = c.path("name").asText("");
      if (name.isEmpty()) {
        errors.required(here, "name");
      } else {
        errors.invalid(here, "name", name, NameRules.qualifiedName(name));
        if (!names.add(name)) {
          errors.duplicate(here, "name", name);
        }
      }
    }
  }

  public void variable(String name, String text, FieldPath at, FieldErrors errors) {
    compile(
        text,
        at,
        "expression",
        errors,
        t -> {
          environment = null;
          messages = null;
          variables.add(name, t);
          return t;
        });
  }

  public void validation(String text, FieldPath at, FieldErrors errors) {
    compile(text, at, "expression", errors, environment()::compileBool);
  }

  public void message(String text, FieldPath at, FieldErrors errors) {
    compile(text, at, "messageExpression", errors, t -> Validations.message(messages(), t));
  }

  /**
   * @param shown the text as it was written
   */
  public void annotation(String text, String shown, FieldPath at, FieldErrors errors) {
    compile(shown, at, "valueExpression", errors, _ -> Validations.annotation(environment(), text));
  }

  /**
   * @param apply whether it makes an apply configuration; else a JSON patch
   */
  public void mutation(String text, boolean apply, FieldPath at, FieldErrors errors) {
    compile(text, at, "expression", errors, t -> Mutations.compile(known(), t, apply));
  }

  private CelEnvironment environment() {
    CelEnvironment made = environment;
    if (made == null) {
      made = known().environment();
      environment = made;
    }
    return made;
  }

  private CelEnvironment messages() {
    CelEnvironment made = messages;
    if (made == null) {
      made = known().withoutAuthorizer().environment();
      messages = made;
    }
    return made;
  }

  private Scope known() {
    return usesVariables ? variables.scope() : scope;
  }

  private interface Compile {
    Object compile(String text);
  }

  private static void compile(
      String text, FieldPath at, String field, FieldErrors errors, Compile how) {
    try {
      how.compile(text);
    } catch (CelFailure e) {
      errors.invalid(at, field, text, e.words());
    }
  }
}
