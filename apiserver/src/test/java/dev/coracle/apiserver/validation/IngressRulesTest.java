package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IngressRulesTest {

  private static final Judge JUDGE = Judge.of("networking.k8s.io", "ingresses");
  private static final Judge CLASSES = Judge.of("networking.k8s.io", "ingressclasses");
  private static final String SERVICE = "{'service':{'name':'s','port':{'number':80}}}";
  private static final String INGRESS =
      "{'metadata':{'name':'i','namespace':'d'},'spec':{'defaultBackend':" + SERVICE + "}}";
  private static final String CLASS =
      "{'metadata':{'name':'c'},'spec':{'controller':'example.com/c'}}";
  private static final String SUBDOMAIN =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex"
          + " used for validation is"
          + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

  @Test
  void aBackendMayHaveAnyNameAServiceMayHave() {
    assertThat(JUDGE.create(INGRESS.replace("'name':'s'", "'name':'1a'"))).isEmpty();
    assertThat(JUDGE.create(INGRESS.replace("'name':'s'", "'name':'a.b'"))).hasSize(1);
  }

  /** What it is annotated with is a class, too. */
  @Test
  void bothClassesAreTheSame() {
    String annotation = "/metadata/annotations={'kubernetes.io/ingress.class':'a'};;";
    assertThat(JUDGE.create(INGRESS, annotation + "/spec/ingressClassName='a'")).isEmpty();
    assertThat(JUDGE.create(INGRESS, annotation + "/spec/ingressClassName='b'"))
        .containsExactly(
            "annotations.kubernetes.io/ingress.class: Invalid value: \"a\": must match"
                + " `ingressClassName` when both are specified");
    assertThat(JUDGE.change(INGRESS, "", annotation + "/spec/ingressClassName='b'", "")).isEmpty();
  }

  @Test
  void anAddressOfTheStatusMayStay() {
    String status = "/status={'loadBalancer':{'ingress':[{'ip':'010.0.0.1'}]}}";
    assertThat(JUDGE.change(INGRESS, "", status, "status"))
        .containsExactly(
            "status.loadBalancer.ingress[0].ip: Invalid value: \"010.0.0.1\": must not have"
                + " leading 0s");
    assertThat(
            JUDGE.change(INGRESS, status, "/status/loadBalancer/ingress/0/hostname='h'", "status"))
        .isEmpty();
  }

  private static String rule(String host, String path) {
    return "/spec/rules=[{'host':'" + host + "','http':{'paths':[" + path + "]}}]";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec={} | spec: Invalid value: null: either `defaultBackend` or `rules` must be specified",
        "/spec={'rules':[]} | spec: Invalid value: []: either `defaultBackend` or `rules` must be"
            + " specified",
        "/spec/defaultBackend={} | spec.defaultBackend: Invalid value: \"\": resource or service"
            + " backend is required",
        "/spec/defaultBackend={'resource':{'apiGroup':'A','kind':'a/b'}} |"
            + " spec.defaultBackend.resource.apiGroup: Invalid value: \"A\":"
            + " SUBDOMAIN;;spec.defaultBackend.resource.kind: Invalid value: \"a/b\": may not"
            + " contain '/';;spec.defaultBackend.resource.name: Required value",
        "/spec/rules=[{'host':'10.0.0.1'}] | spec.rules[0].host: Invalid value: \"10.0.0.1\": must"
            + " be a DNS name, not an IP address",
        "/spec/tls=[{'secretName':'A'}];;/spec/ingressClassName='' | spec.tls[0].secretName:"
            + " Invalid value: \"A\": SUBDOMAIN;;spec.ingressClassName: Invalid value: \"\":"
            + " SUBDOMAIN",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(INGRESS, edits))
        .containsExactly(expected.replace("SUBDOMAIN", SUBDOMAIN).split(";;"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'path':'/a'} | .pathType: Required value: pathType must be specified",
        "{'path':'/a','pathType':'','backend':BACKEND} | .pathType: Unsupported value: \"\":"
            + " supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\"",
        "{'path':'a//b/.','pathType':'Exact','backend':BACKEND} | .path: Invalid value: \"a//b/.\":"
            + " must be an absolute path;;.path: Invalid value: \"a//b/.\": must not contain"
            + " '//';;.path: Invalid value: \"a//b/.\": cannot end with '/.'",
        "{'path':'a','pathType':'ImplementationSpecific','backend':BACKEND} | .path: Invalid value:"
            + " \"a\": must be an absolute path",
      })
  void paths(String path, String expected) {
    String at = "spec.rules[0].http.paths[0]";
    assertThat(JUDGE.create(INGRESS, rule("a.b", path.replace("BACKEND", SERVICE))))
        .containsExactly((at + expected.replace(";;", ";;" + at)).split(";;"));
  }

  @Test
  void whatWasStoredBeforeARuleWasThereMayStay() {
    String secret = "/spec/tls=[{'secretName':'A'}]";
    assertThat(JUDGE.change(INGRESS, secret, "/metadata/labels={'a':'b'}", "")).isEmpty();
    assertThat(JUDGE.change(INGRESS, "", secret, "")).hasSize(1);
    String wild = rule("*.a.b", "{'path':'x','pathType':'Exact','backend':" + SERVICE + "}");
    assertThat(JUDGE.change(INGRESS, wild, "/metadata/labels={'a':'b'}", "")).isEmpty();
    assertThat(JUDGE.change(INGRESS, "", wild, "")).hasSize(1);
  }

  @Test
  void whereItCanBeReached() {
    assertThat(
            JUDGE.change(
                INGRESS,
                "",
                "/status={'loadBalancer':{'ingress':[{'ip':'x'},{'hostname':'10.0.0.1'}]}}",
                "status"))
        .containsExactly(
            "status.loadBalancer.ingress[0].ip: Invalid value: \"x\": must be a valid IP address,"
                + " (e.g. 10.9.8.7 or 2001:db8::ffff)",
            "status.loadBalancer.ingress[1].hostname: Invalid value: \"10.0.0.1\": must be a DNS"
                + " name, not an IP address");
  }

  @Test
  void whereAServiceCanBeReached() {
    Judge services = Judge.of("", "services");
    String service = "{'metadata':{'name':'s','namespace':'d'},'spec':{'ports':[{'port':80}]}}";
    String points =
        "/status={'loadBalancer':{'ingress':[{'ip':'10.0.0.1'},{'ip':'10.0.0.1','ipMode':'X'},"
            + "{'hostname':'a','ipMode':'VIP'}]}}";
    String at = "status.loadBalancer.ingress";
    assertThat(services.change(service, "", points, "status"))
        .containsExactly(at + ": Forbidden: may only be used when `spec.type` is 'LoadBalancer'");
    assertThat(services.change(service, "/spec/type='LoadBalancer'", points, "status"))
        .containsExactly(
            at + "[1].ipMode: Unsupported value: \"X\": supported values: \"Proxy\", \"VIP\"",
            at + "[2].ipMode: Forbidden: may not be specified when `ip` is not set");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/controller='' | spec.controller: Required value",
        "/spec/controller='a' | spec.controller: Invalid value: \"a\": must be a domain-prefixed"
            + " path (such as \"acme.io/foo\")",
        "/spec/parameters={} | spec.parameters.kind: Required"
            + " value;;spec.parameters.name: Required value",
        "/spec/parameters={'kind':'K','name':'n','scope':'X'} | spec.parameters.scope: Unsupported"
            + " value: \"X\": supported values: \"Cluster\", \"Namespace\"",
        "/spec/parameters={'kind':'K','name':'n','scope':'Namespace'} | spec.parameters.namespace:"
            + " Required value: `parameters.scope` is set to 'Namespace'",
        "/spec/parameters={'kind':'K','name':'n','namespace':'x'} | spec.parameters.namespace:"
            + " Forbidden: `parameters.scope` is set to 'Cluster'",
      })
  void classes(String edits, String expected) {
    assertThat(CLASSES.create(CLASS, edits)).containsExactly(expected.split(";;"));
  }

  @Test
  void theControllerOfAClassStays() {
    assertThat(CLASSES.change(CLASS, "", "/spec/controller='a.b/d'", ""))
        .containsExactly("spec.controller: Invalid value: \"a.b/d\": field is immutable");
  }
}
