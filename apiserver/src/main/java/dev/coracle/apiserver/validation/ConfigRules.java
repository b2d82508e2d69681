package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/** ConfigMap and Secret: keys, the size of it all, and what is sealed. */
final class ConfigRules {

  private static final int MAX_SIZE = 1 << 20;

  private ConfigRules() {}

  private static long keys(JsonNode data, String field, boolean base64, FieldErrors errors) {
    long[] size = {0};
    if (data.isObject()) {
      data.forEachEntry((key, value) -> {
        errors.invalid(FieldPath.ROOT.child(field).key(key), "", key, NameRules.configKey(key));
        String text = value.asText("");
        size[0] += base64 ? text.length() / 4L * 3 : utf8Length(text);
      });
    }
    return size[0];
  }

  private static long utf8Length(String text) {
    long n = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      n += c < 0x80 ? 1 : c < 0x800 ? 2 : Character.isSurrogate(c) ? 2 : 3;
    }
    return n;
  }

  private static void sealed(
      ObjectNode now, JsonNode before, FieldErrors errors, String... fields) {
    if (!before.path("immutable").asBoolean()) {
      return;
    }
    if (!now.path("immutable").asBoolean()) {
      errors.forbidden(FieldPath.ROOT, "immutable", "field is immutable when `immutable` is set");
    }
    for (String field : fields) {
      if (!Nodes.same(now, before, field)) {
        errors.forbidden(FieldPath.ROOT, field, "field is immutable when `immutable` is set");
      }
    }
  }

  static final class ConfigMap implements KindRules {
    @Override
    public void check(ObjectNode map, FieldErrors errors) {
      long size = keys(map.path("data"), "data", false, errors);
      size += keys(map.path("binaryData"), "binaryData", true, errors);
      map.path("data")
          .fieldNames()
          .forEachRemaining(key -> {
            if (map.path("binaryData").has(key)) {
              errors.invalid(
                  FieldPath.ROOT.child("data").key(key),
                  "",
                  key,
                  "duplicate of key present in binaryData");
            }
          });
      if (size > MAX_SIZE) {
        errors.tooLong(FieldPath.ROOT, "", MAX_SIZE);
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      sealed(now, before, errors, "data", "binaryData");
    }
  }

  static final class Secret implements KindRules {
    private static final Map<String, String[]> NEEDED =
        Map.of(
            "kubernetes.io/dockerconfigjson", new String[] {".dockerconfigjson"},
            "kubernetes.io/dockercfg", new String[] {".dockercfg"},
            "kubernetes.io/tls", new String[] {"tls.crt", "tls.key"},
            "kubernetes.io/ssh-auth", new String[] {"ssh-privatekey"});

    @Override
    public void check(ObjectNode secret, FieldErrors errors) {
      JsonNode data = secret.path("data");
      if (keys(data, "data", true, errors) > MAX_SIZE) {
        errors.tooLong(FieldPath.ROOT, "data", MAX_SIZE);
      }
      String type = Nodes.text(secret, "type");
      for (String key : NEEDED.getOrDefault(type, new String[0])) {
        if (!data.has(key)) {
          errors.required(FieldPath.ROOT.child("data").key(key), "");
        }
      }
      if (type.equals("kubernetes.io/dockercfg") || type.equals("kubernetes.io/dockerconfigjson")) {
        for (String key : NEEDED.getOrDefault(type, new String[0])) {
          if (data.has(key)) {
            json(data.path(key), FieldPath.ROOT.child("data").key(key), errors);
          }
        }
      }
      if (type.equals("kubernetes.io/basic-auth")
          && !data.has("username")
          && !data.has("password")) {
        errors.required(FieldPath.ROOT.child("data").key("username"), "");
        errors.required(FieldPath.ROOT.child("data").key("password"), "");
      }
      if (type.equals("kubernetes.io/service-account-token")
          && secret
              .path("metadata")
              .path("annotations")
              .path("kubernetes.io/service-account.name")
              .asText("")
              .isEmpty()) {
        errors.required(
            FieldPath.METADATA.child("annotations").key("kubernetes.io/service-account.name"), "");
      }
    }

    /** What clients of a registry are to read has to be a JSON object; it is never shown. */
    private static void json(JsonNode value, FieldPath at, FieldErrors errors) {
      String problem = "";
      String start = "";
      try {
        byte[] bytes = value.binaryValue();
        start = new String(bytes, 0, Math.min(bytes.length, 64), StandardCharsets.UTF_8).strip();
        JsonNode tree = Json.MAPPER.readTree(bytes);
        if (tree == null || tree.isMissingNode()) {
          problem = "unexpected end of JSON input";
        } else if (!tree.isObject() && !tree.isNull()) {
          problem =
              "json: cannot unmarshal "
                  + tree.getNodeType().toString().toLowerCase(Locale.ROOT)
                  + " into Go value of type map[string]interface {}";
        }
      } catch (JsonEOFException e) {
        problem = "unexpected end of JSON input";
      } catch (IOException e) {
        boolean begins = !start.isEmpty() && "{[\"-0123456789tfn".indexOf(start.charAt(0)) >= 0;
        problem =
            begins || start.isEmpty()
                ? "invalid JSON"
                : "invalid character '" + start.charAt(0) + "' looking for beginning of value";
      }
      if (!problem.isEmpty()) {
        errors.invalid(at, "", "<secret contents redacted>", problem);
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now, before, FieldPath.ROOT, "type", errors);
      sealed(now, before, errors, "data");
    }
  }
}
