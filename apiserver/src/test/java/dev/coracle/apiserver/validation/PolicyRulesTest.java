package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words of admission policies' and webhooks' rules, each with an edit of a good object. */
class PolicyRulesTest {

  private static final String GROUP = "admissionregistration.k8s.io";
  private static final Judge VALIDATING = Judge.of(GROUP, "validatingadmissionpolicies");
  private static final Judge MUTATING = Judge.of(GROUP, "mutatingadmissionpolicies");
  private static final Judge BINDINGS = Judge.of(GROUP, "validatingadmissionpolicybindings");
  private static final Judge HOOKS = Judge.of(GROUP, "mutatingwebhookconfigurations");

  private static final String RULE =
      "{'operations':['CREATE'],'apiGroups':[''],'apiVersions':['v1'],'resources':['pods']}";
  private static final String POLICY =
      "{'metadata':{'name':'p'},'spec':{'matchConstraints':{'resourceRules':["
          + RULE
          + "]},'validations':[{'expression':'true'}]}}";
  private static final String MUTATION =
      "{'metadata':{'name':'p'},'spec':{'matchConstraints':{'resourceRules':["
          + RULE
          + "]},'reinvocationPolicy':'Never','mutations':[{'patchType':'ApplyConfiguration',"
          + "'applyConfiguration':{'expression':'Object{}'}}]}}";
  private static final String BINDING =
      "{'metadata':{'name':'b'},'spec':{'policyName':'p','validationActions':['Deny']}}";
  private static final String HOOK =
      "{'metadata':{'name':'h'},'webhooks':[{'name':'a.b.c','sideEffects':'None',"
          + "'admissionReviewVersions':['v1'],'clientConfig':{'url':'https://x'},'rules':["
          + RULE
          + "]}]}";

  @Test
  void goodOnes() {
    assertThat(VALIDATING.create(POLICY)).isEmpty();
    assertThat(MUTATING.create(MUTATION)).isEmpty();
    assertThat(BINDINGS.create(BINDING)).isEmpty();
    assertThat(HOOKS.create(HOOK)).isEmpty();
  }

  /** As one that was stored before a rule was there shows. */
  @Test
  void whatIsWrongWithAStoredWebhookMayBeSoWithAll() {
    String second =
        "/webhooks/-={'name':'%s','sideEffects':'%s','admissionReviewVersions':['%s'],"
            + "'clientConfig':{'url':'https://x'},'namespaceSelector':{'matchExpressions':"
            + "[{'key':'a','operator':'NotIn','values':['%s']}]}}";
    for (String[] odd :
        new String[][] {
          {"a.b.d", "Some", "v1", "x"},
          {"a.b.d", "None", "v2", "x"},
          {"a.b.c", "None", "v1", "x"},
          {"a.b.d", "None", "v1", "-"}
        }) {
      String hook = second.formatted((Object[]) odd);
      assertThat(HOOKS.change(HOOK, "", hook, "")).as(hook).hasSize(1);
      assertThat(HOOKS.change(HOOK, hook, "/metadata/labels={'a':'b'}", "")).as(hook).isEmpty();
      assertThat(HOOKS.change(HOOK, hook, hook.replace("'https://x'", "'https://y'"), ""))
          .as(hook)
          .hasSize(odd[0].equals("a.b.d") ? 1 : 0);
    }
    assertThat(
            HOOKS.change(HOOK, "/webhooks/0/sideEffects='Some'", "/webhooks/0/sideEffects='X'", ""))
        .containsExactly(
            "webhooks[0].sideEffects: Unsupported value: \"X\": supported values: \"None\","
                + " \"NoneOnDryRun\", \"Some\", \"Unknown\"");
  }

  private static void judged(Judge judge, String object, String edits, String words) {
    List<String> expected = words.isEmpty() ? List.of() : List.of(words.split(";;"));
    assertThat(judge.create(object, edits)).as(edits).containsExactlyElementsOf(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/validations=[]|spec.validations: Required value: validations or auditAnnotations"
            + " must contain at least one item;;spec.auditAnnotations: Required value: validations"
            + " or auditAnnotations must contain at least one item",
        "/spec/failurePolicy='No'|spec.failurePolicy: Unsupported value: \"No\": supported values:"
            + " \"Fail\", \"Ignore\"",
        "/spec/paramKind={'apiVersion':'a/b/c','kind':'X_'}|spec.paramKind.apiVersion: Invalid"
            + " value: \"a/b/c\": unexpected GroupVersion string: a/b/c;;spec.paramKind.kind:"
            + " Invalid value: \"X_\": may have mixed case, but should otherwise match: a DNS-1035"
            + " label must consist of lower case alphanumeric characters or '-', start with an"
            + " alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or"
            + " 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        "/spec/paramKind={'apiVersion':'g.io/','kind':'X'}|spec.paramKind.apiVersion: Invalid"
            + " value: \"g.io/\": version must be specified",
        "/spec/variables=[{'name':'in','expression':''}]|spec.variables[0].name: Invalid value:"
            + " \"in\": must be a valid CEL identifier;;spec.variables[0].expression: Required"
            + " value: expression is not specified",
        "/spec/validations/0/messageExpression=' '|spec.validations[0].messageExpression: Invalid"
            + " value: \" \": must be non-empty if specified",
        "/spec/validations/0/message=' '|spec.validations[0].message: Invalid value: \" \": must be"
            + " non-empty if specified",
        "/spec/validations/0/reason='Unauthorized'|spec.validations[0].reason: Unsupported value:"
            + " \"Unauthorized\": supported values: \"Forbidden\", \"Invalid\","
            + " \"RequestEntityTooLarge\"",
        "/spec/auditAnnotations=[{'key':'k','valueExpression':'null'},{'key':'k',"
            + "'valueExpression':' '}]|spec.auditAnnotations[1].valueExpression: Required value:"
            + " valueExpression is not specified;;spec.auditAnnotations[1].key: Duplicate value:"
            + " \"k\"",
        "/spec/matchConstraints/resourceRules/0/resourceNames=['a','a','b/c']"
            + "|spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value:"
            + " \"a\";;spec.matchConstraints.resourceRules[0].resourceNames[2]: Invalid value:"
            + " \"b/c\": may not contain '/'",
        "/spec/matchConstraints/matchPolicy='No'|spec.matchConstraints.matchPolicy: Unsupported"
            + " value: \"No\": supported values: \"Equivalent\", \"Exact\"",
        "/spec/matchConstraints/excludeResourceRules=[{}]"
            + "|spec.matchConstraints.excludeResourceRules[0].operations: Required"
            + " value;;spec.matchConstraints.excludeResourceRules[0].apiGroups: Required"
            + " value;;spec.matchConstraints.excludeResourceRules[0].apiVersions: Required"
            + " value;;spec.matchConstraints.excludeResourceRules[0].resources: Required value",
      })
  void validatingPolicies(String edits, String words) {
    judged(VALIDATING, POLICY, edits, words);
  }

  /** What an expression may use depends on the policy, and on what it is for. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/validations/0/expression='params == null'|'params'",
        "/spec/validations/0/expression='variables.x == 1'|'variables'",
        "/spec/validations/0/expression='Object{} == null'|'Object'",
        "/spec/validations/0/messageExpression='authorizer.group(\"\").resource(\"pods\").check(\"get\").reason()'"
            + "|'authorizer'",
        "/spec/variables=[{'name':'x','expression':'1'}];;/spec/matchConditions=[{'name':'c',"
            + "'expression':'variables.x == 1'}]|'variables'",
        "/spec/validations/0/expression='namespaceObject.metadata.nope == 1'|'nope'",
      })
  void expressionsUseWhatIsThere(String edits, String missing) {
    List<String> wrong = VALIDATING.create(edited(POLICY, edits));
    assertThat(wrong).as(edits).hasSize(1);
    assertThat(wrong.getFirst())
        .containsAnyOf("undeclared reference to " + missing, "undefined field " + missing);
  }

  private static com.fasterxml.jackson.databind.node.ObjectNode edited(String json, String edits) {
    // Quotes inside expressions survive: only what delimits JSON is written with single ones.
    return Judge.edited(json, edits.replace("\"", "\\'").replace("\\'", "\\\""));
  }

  @Test
  void namespacesAndParametersAreThere() {
    assertThat(
            VALIDATING.create(
                POLICY,
                "/spec/validations/0/expression='namespaceObject.metadata.name == params.x';;"
                    + "/spec/paramKind={'apiVersion':'v1','kind':'ConfigMap'}"))
        .isEmpty();
    assertThat(
            HOOKS.create(
                HOOK,
                "/webhooks/0/matchConditions=[{'name':'c','expression':'namespaceObject == null'}]"))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/matchConstraints/resourceRules/0/operations=['DELETE']"
            + "|spec.matchConstraints.resourceRules.operations: Unsupported value: \"DELETE\":"
            + " supported values: \"*\", \"CONNECT\", \"CREATE\", \"UPDATE\"",
        "/spec/mutations=[{'patchType':'JSONPatch','applyConfiguration':{'expression':'1'}}]"
            + "|spec.mutations[0].jsonPatch: Required value: must be specified when patchType is"
            + " JSONPatch;;spec.mutations[0].applyConfiguration: Invalid value:"
            + " \"{applyConfiguration}\": must not be specified when patchType is JSONPatch",
        "/spec/mutations/0/applyConfiguration/expression='object'"
            + "|spec.mutations[0].applyConfiguration.expression: Invalid value: \"object\": must"
            + " evaluate to Object but got dyn",
        "/spec/mutations=[{'patchType':'JSONPatch','jsonPatch':{'expression':'[1]'}}]"
            + "|spec.mutations[0].jsonPatch.expression: Invalid value: \"[1]\": must evaluate to"
            + " list(JSONPatch) but got list(int)",
        "/spec/reinvocationPolicy=''|spec.reinvocationPolicy: Required value",
      })
  void mutatingPolicies(String edits, String words) {
    judged(MUTATING, MUTATION, edits, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/policyName='A'|spec.policyName: Invalid value: \"A\": a lowercase RFC 1123 subdomain"
            + " must consist of lower case alphanumeric characters, '-' or '.', and must start and"
            + " end with an alphanumeric character (e.g. 'example.com', regex used for validation"
            + " is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        "/spec/paramRef={'name':'n','selector':{},'parameterNotFoundAction':'No'}"
            + "|spec.paramRef.name: Forbidden: name and selector are mutually"
            + " exclusive;;spec.paramRef.selector: Forbidden: name and selector are mutually"
            + " exclusive;;spec.paramRef.parameterNotFoundAction: Unsupported value: \"No\":"
            + " supported values: \"Deny\", \"Allow\"",
        "/spec/paramRef={}|spec.paramRef: Required value: one of name or selector must be"
            + " specified;;spec.paramRef.parameterNotFoundAction: Required value",
      })
  void bindings(String edits, String words) {
    judged(BINDINGS, BINDING, edits, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/webhooks/0/name='a.b'|webhooks[0].name: Invalid value: \"a.b\": should be a domain with at"
            + " least three segments separated by dots",
        "/webhooks/0/failurePolicy='No'|webhooks[0].failurePolicy: Unsupported value: \"No\":"
            + " supported values: \"Fail\", \"Ignore\"",
        "/webhooks/0/admissionReviewVersions=['v1','v1']|webhooks[0].admissionReviewVersions[1]:"
            + " Invalid value: \"v1\": duplicate version",
        "/webhooks/0/admissionReviewVersions=['v9']|webhooks[0].admissionReviewVersions: Invalid"
            + " value: [\"v9\"]: must include at least one of v1, v1beta1",
        "/webhooks/0/rules/0/apiVersions=['']|webhooks[0].rules[0].apiVersions[0]: Required value",
        "/webhooks/0/rules/0/resources=['pods','*']|",
        "/webhooks/0/clientConfig={'url':''}|webhooks[0].clientConfig.url: Invalid value: \"\":"
            + " 'https' is the only allowed URL scheme; desired format:"
            + " https://host[/path];;webhooks[0].clientConfig.url: Invalid value: \"\": host must"
            + " be specified; desired format: https://host[/path]",
        "/webhooks/0/matchConditions=[{'name':'','expression':' '}]"
            + "|webhooks[0].matchConditions[0].expression: Required"
            + " value;;webhooks[0].matchConditions[0].name: Required value",
      })
  void webhooks(String edits, String words) {
    judged(HOOKS, HOOK, edits, words == null ? "" : words);
  }
}
