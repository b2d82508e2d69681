package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Set;

/** Ingress and IngressClass. */
final class IngressRules implements KindRules {

  private static final Set<String> PATH_TYPES = Set.of("Exact", "ImplementationSpecific", "Prefix");
  private static final String CLASS = "kubernetes.io/ingress.class";

  @Override
  public void check(ObjectNode ingress, FieldErrors errors) {
    spec(ingress.path("spec"), false, false, errors);
  }

  @Override
  public void checkCreate(ObjectNode ingress, FieldErrors errors) {
    JsonNode annotation = ingress.path("metadata").path("annotations").path(CLASS);
    JsonNode name = ingress.path("spec").path("ingressClassName");
    if (annotation.isTextual() && name.isTextual() && !annotation.equals(name)) {
      errors.invalid(
          FieldPath.ROOT.child("annotations"),
          CLASS,
          annotation.asText(),
          "must match `ingressClassName` when both are specified");
    }
  }

  /** What was stored before these rules were there may stay. */
  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    boolean anySecret = false;
    for (JsonNode tls : before.path("spec").path("tls")) {
      String secret = Nodes.text(tls, "secretName");
      anySecret |= !secret.isEmpty() && !NameRules.dnsSubdomain(secret).isEmpty();
    }
    FieldErrors wild = new FieldErrors();
    for (JsonNode rule : before.path("spec").path("rules")) {
      if (Nodes.text(rule, "host").indexOf('*') >= 0) {
        http(rule, FieldPath.ROOT, wild);
      }
    }
    spec(now.path("spec"), anySecret, !wild.isEmpty(), errors);
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      LoadBalancerRules.ingress(now.path("status"), before.path("status"), errors);
    }
  }

  private static void spec(
      JsonNode spec, boolean anySecret, boolean anyWildRule, FieldErrors errors) {
    if (!Nodes.has(spec, "rules") && !Nodes.set(spec, "defaultBackend")) {
      errors.invalid(
          FieldPath.ROOT,
          "spec",
          spec.has("rules") ? spec.path("rules") : Nodes.NULL,
          "either `defaultBackend` or `rules` must be specified");
    }
    if (Nodes.set(spec, "defaultBackend")) {
      backend(spec.path("defaultBackend"), FieldPath.SPEC.child("defaultBackend"), errors);
    }
    int i = 0;
    for (JsonNode rule : spec.path("rules")) {
      FieldPath at = FieldPath.SPEC.child("rules").index(i++);
      String host = Nodes.text(rule, "host");
      if (!host.isEmpty()) {
        if (Addresses.isIp(host)) {
          errors.invalid(at, "host", host, "must be a DNS name, not an IP address");
        }
        host(host, at, "host", errors);
      }
      if (host.indexOf('*') < 0 || !anyWildRule) {
        http(rule, at, errors);
      }
    }
    tls(spec.path("tls"), anySecret, errors);
    if (Nodes.set(spec, "ingressClassName")) {
      String name = Nodes.text(spec, "ingressClassName");
      errors.invalid(FieldPath.SPEC, "ingressClassName", name, NameRules.dnsSubdomain(name));
    }
  }

  private static void http(JsonNode rule, FieldPath at, FieldErrors errors) {
    if (Nodes.set(rule, "http")) {
      paths(rule.path("http").path("paths"), at.child("http", "paths"), errors);
    }
  }

  private static void tls(JsonNode list, boolean anySecret, FieldErrors errors) {
    int i = 0;
    for (JsonNode tls : list) {
      FieldPath at = FieldPath.SPEC.child("tls").index(i++);
      int h = 0;
      for (JsonNode host : tls.path("hosts")) {
        host(host.asText(), at.child("hosts").index(h++), "", errors);
      }
      String secret = Nodes.text(tls, "secretName");
      if (!anySecret && !secret.isEmpty()) {
        errors.invalid(at, "secretName", secret, NameRules.dnsSubdomain(secret));
      }
    }
  }

  private static void host(String host, FieldPath at, String field, FieldErrors errors) {
    if (host.indexOf('*') < 0) {
      errors.invalid(at, field, host, NameRules.dnsSubdomain(host));
    } else if (!host.startsWith("*.") || !NameRules.dnsSubdomain(host.substring(2)).isEmpty()) {
      errors.invalid(
          at,
          field,
          host,
          "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain,"
              + " which must consist of lower case alphanumeric characters, '-' or '.' and end with"
              + " an alphanumeric character (e.g. '*.example.com', regex used for validation is"
              + " '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
    }
  }

  private static void paths(JsonNode paths, FieldPath path, FieldErrors errors) {
    if (paths.isEmpty()) {
      errors.required(path, "");
    }
    int i = 0;
    for (JsonNode p : paths) {
      FieldPath at = path.index(i++);
      if (!Nodes.set(p, "pathType")) {
        errors.required(at, "pathType", "pathType must be specified");
        continue;
      }
      path(Nodes.text(p, "pathType"), Nodes.text(p, "path"), at, errors);
      backend(p.path("backend"), at.child("backend"), errors);
    }
  }

  private static void path(String type, String path, FieldPath at, FieldErrors errors) {
    if (!PATH_TYPES.contains(type)) {
      errors.unsupported(at, "pathType", type, PATH_TYPES);
      return;
    }
    boolean anything = type.equals("ImplementationSpecific");
    if (!path.startsWith("/") && !(anything && path.isEmpty())) {
      errors.invalid(at, "path", path, "must be an absolute path");
    }
    if (anything) {
      return;
    }
    for (String bad : new String[] {"//", "/./", "/../", "%2f", "%2F"}) {
      if (path.contains(bad)) {
        errors.invalid(at, "path", path, "must not contain '" + bad + "'");
      }
    }
    for (String bad : new String[] {"/..", "/."}) {
      if (path.endsWith(bad)) {
        errors.invalid(at, "path", path, "cannot end with '" + bad + "'");
      }
    }
  }

  private static void backend(JsonNode backend, FieldPath at, FieldErrors errors) {
    boolean resource = Nodes.set(backend, "resource");
    boolean service = Nodes.set(backend, "service");
    if (resource && service) {
      errors.invalid(at, "", "", "cannot set both resource and service backends");
    } else if (resource) {
      reference(backend.path("resource"), at.child("resource"), errors);
    } else if (!service) {
      errors.invalid(at, "", "", "resource or service backend is required");
    } else {
      JsonNode s = backend.path("service");
      FieldPath p = at.child("service");
      String name = Nodes.text(s, "name");
      if (name.isEmpty()) {
        errors.required(p, "name");
      } else {
        errors.invalid(p, "name", name, NameRules.dnsLabel(name));
      }
      boolean named = Nodes.has(s.path("port"), "name");
      int number = s.path("port").path("number").asInt(0);
      if (named && number != 0) {
        errors.invalid(at, "", "", "cannot set both port name & port number");
      } else if (named) {
        String port = Nodes.text(s.path("port"), "name");
        errors.invalid(p.child("port"), "name", port, NameRules.portName(port));
      } else if (number != 0) {
        Addresses.port(number, p.child("port"), "number", errors);
      } else {
        errors.required(at, "", "port name or number is required");
      }
    }
  }

  /** To an object of any kind. */
  private static void reference(JsonNode reference, FieldPath at, FieldErrors errors) {
    if (Nodes.set(reference, "apiGroup")) {
      String group = Nodes.text(reference, "apiGroup");
      errors.invalid(at, "apiGroup", group, NameRules.dnsSubdomain(group));
    }
    for (String field : new String[] {"kind", "name"}) {
      String text = Nodes.text(reference, field);
      if (text.isEmpty()) {
        errors.required(at, field);
      } else {
        errors.invalid(at, field, text, NameRules.pathSegment(text));
      }
    }
  }

  static final class IngressClass implements KindRules {
    private static final int LONGEST_CONTROLLER = 250;
    private static final Set<String> SCOPES = Set.of("Cluster", "Namespace");

    @Override
    public void check(ObjectNode c, FieldErrors errors) {
      String controller = Nodes.text(c.path("spec"), "controller");
      if (controller.length() > LONGEST_CONTROLLER) {
        errors.tooLong(FieldPath.SPEC, "controller", LONGEST_CONTROLLER);
      }
      PathRules.domainPrefixed(controller, FieldPath.SPEC, "controller", errors);
      if (Nodes.set(c.path("spec"), "parameters")) {
        parameters(c.path("spec").path("parameters"), errors);
      }
    }

    private static void parameters(JsonNode parameters, FieldErrors errors) {
      FieldPath at = FieldPath.SPEC.child("parameters");
      reference(parameters, at, errors);
      if (!Nodes.set(parameters, "scope")) {
        errors.required(at, "scope");
        return;
      }
      String scope = Nodes.text(parameters, "scope");
      boolean namespaced = Nodes.set(parameters, "namespace");
      if (!SCOPES.contains(scope)) {
        errors.unsupported(at, "scope", scope, SCOPES);
      } else if (scope.equals("Cluster")) {
        if (namespaced) {
          errors.forbidden(at, "namespace", "`parameters.scope` is set to 'Cluster'");
        }
      } else if (!namespaced) {
        errors.required(at, "namespace", "`parameters.scope` is set to 'Namespace'");
      } else {
        String namespace = Nodes.text(parameters, "namespace");
        errors.invalid(at, "namespace", namespace, NameRules.dnsLabel(namespace));
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "controller", errors);
    }
  }
}
