package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiServiceRulesTest {

  private static final Judge JUDGE = Judge.of("apiregistration.k8s.io", "apiservices");
  private static final String SERVICE =
      "{'metadata':{'name':'v1.g.io'},'spec':{'group':'g.io','version':'v1',"
          + "'groupPriorityMinimum':1,'versionPriority':1,'service':{'namespace':'n','name':'s'}}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/metadata/name='v1' | metadata.name: Invalid value: \"v1\": must be"
            + " `spec.version+\".\"+spec.group`: \"v1.g.io\"",
        "/metadata/name='a/b' | metadata.name: Invalid value: \"a/b\": may not contain '/'",
        "/metadata/name='v2.';;/spec/group-;;/spec/version='v2' | spec.group: Required value: only"
            + " v1 may have an empty group and it better be legacy kube",
        "/metadata/name='.g.io';;/spec/version- | spec.version: Invalid value: \"\": a DNS-1035 label"
            + " must consist of lower case alphanumeric characters or '-', start with an alphabetic"
            + " character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123',"
            + " regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        "/spec/service={'port':70000} | spec.service.namespace: Required"
            + " value;;spec.service.name: Required value;;spec.service.port: Invalid value: 70000:"
            + " port is not valid: must be between 1 and 65535, inclusive",
        "/spec/insecureSkipTLSVerify=true;;/spec/caBundle='aGVsbG8=' |"
            + " spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is"
            + " present",
        "/spec/service-;;/spec/insecureSkipTLSVerify=true;;/spec/caBundle='aGVsbG8=' |"
            + " spec.caBundle: Invalid value: \"5 bytes\": local APIServices may not have a"
            + " caBundle;;spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not"
            + " have insecureSkipTLSVerify",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(SERVICE, edits)).containsExactly(expected.split(";;"));
  }

  @Test
  void coreHasNoGroup() {
    assertThat(JUDGE.create(SERVICE, "/metadata/name='v1.';;/spec/group-")).isEmpty();
  }

  @Test
  void whatIsAvailableIsTrueFalseOrUnknown() {
    assertThat(
            JUDGE.change(
                SERVICE,
                "",
                "/status={'conditions':[{'type':'Available','status':'Maybe'}]}",
                "status"))
        .containsExactly(
            "status.conditions[0].status: Unsupported value: \"Maybe\": supported values: \"True\","
                + " \"False\", \"Unknown\"");
  }
}
