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

  @Override
  public void check(ObjectNode ingress, FieldErrors errors) {
    JsonNode spec = ingress.path("spec");
    if (!Nodes.has(spec, "rules") && !Nodes.set(spec, "defaultBackend")) {
      errors.invalid(
          FieldPath.ROOT, "spec", spec, "either `defaultBackend` or `rules` must be specified");
    }
    if (Nodes.set(spec, "defaultBackend")) {
      backend(spec.path("defaultBackend"), FieldPath.SPEC.child("defaultBackend"), errors);
    }
    String name = Nodes.text(spec, "ingressClassName");
    if (!name.isEmpty()) {
      errors.invalid(FieldPath.SPEC, "ingressClassName", name, NameRules.dnsSubdomain(name));
    }
    int i = 0;
    for (JsonNode tls : spec.path("tls")) {
      int h = 0;
      for (JsonNode host : tls.path("hosts")) {
        host(
            host.asText(),
            FieldPath.SPEC.child("tls").index(i).child("hosts").index(h++),
            "",
            errors);
      }
      i++;
    }
    i = 0;
    for (JsonNode rule : spec.path("rules")) {
      FieldPath at = FieldPath.SPEC.child("rules").index(i++);
      String host = Nodes.text(rule, "host");
      if (!host.isEmpty()) {
        if (Addresses.isIp(host)) {
          errors.invalid(at, "host", host, "must be a DNS name, not an IP address");
        } else {
          host(host, at, "host", errors);
        }
      }
      if (Nodes.set(rule, "http")) {
        paths(rule.path("http").path("paths"), at.child("http", "paths"), errors);
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
      String type = Nodes.text(p, "pathType");
      String value = Nodes.text(p, "path");
      if (type.isEmpty()) {
        errors.required(at, "pathType", "pathType must be specified");
      } else if (!PATH_TYPES.contains(type)) {
        errors.unsupported(at, "pathType", type, PATH_TYPES);
      } else if (!type.equals("ImplementationSpecific") || !value.isEmpty()) {
        if (!value.startsWith("/")) {
          errors.invalid(at, "path", value, "must be an absolute path");
        }
        if (!type.equals("ImplementationSpecific")) {
          for (String bad : new String[] {"//", "/./", "/../", "%2f", "%2F"}) {
            if (value.contains(bad)) {
              errors.invalid(at, "path", value, "must not contain '" + bad + "'");
            }
          }
          for (String bad : new String[] {"/..", "/."}) {
            if (value.endsWith(bad)) {
              errors.invalid(at, "path", value, "cannot end with '" + bad + "'");
            }
          }
        }
      }
      backend(p.path("backend"), at.child("backend"), errors);
    }
  }

  private static void backend(JsonNode backend, FieldPath at, FieldErrors errors) {
    boolean resource = Nodes.set(backend, "resource");
    boolean service = Nodes.set(backend, "service");
    if (resource && service) {
      errors.invalid(at, "", "", "cannot set both resource and service backends");
    } else if (resource) {
      for (String f : new String[] {"kind", "name"}) {
        if (Nodes.text(backend.path("resource"), f).isEmpty()) {
          errors.required(at.child("resource"), f);
        }
      }
    } else if (!service) {
      errors.invalid(at, "", "", "resource or service backend is required");
    } else {
      JsonNode s = backend.path("service");
      FieldPath p = at.child("service");
      String name = Nodes.text(s, "name");
      if (name.isEmpty()) {
        errors.required(p, "name");
      } else {
        errors.invalid(p, "name", name, NameRules.dns1035(name));
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

  static final class IngressClass implements KindRules {
    @Override
    public void check(ObjectNode c, FieldErrors errors) {
      String controller = Nodes.text(c.path("spec"), "controller");
      if (controller.isEmpty()) {
        errors.required(FieldPath.SPEC, "controller");
      } else if (controller.indexOf('/') < 0) {
        errors.invalid(
            FieldPath.SPEC,
            "controller",
            controller,
            "must be a domain-prefixed path (such as \"acme.io/foo\")");
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "controller", errors);
    }
  }
}
