package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.patch.JsonPatch;
import dev.coracle.api.schema.Defaulter;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import java.util.List;

/** Asks the validator about objects of one resource, which are written with single quotes. */
record Judge(ResourceDefinition type) {

  private static final Scheme SCHEME = Scheme.builtIn();

  static Judge of(String group, String resource) {
    return new Judge(SCHEME.preferred(new GroupResource(group, resource)).orElseThrow());
  }

  /** What is wrong with a new object, as {@code field: message}. */
  List<String> create(String json) {
    return show(Validator.validateCreate(type, defaulted(json)));
  }

  List<String> create(ObjectNode tree) {
    ObjectNode copy = tree.deepCopy();
    Defaulter.apply(type, copy);
    return show(Validator.validateCreate(type, copy));
  }

  List<String> update(String before, String now) {
    return update(before, now, "");
  }

  List<String> update(String before, String now, String subresource) {
    KubeObject old = KubeObject.of(defaulted(before));
    return show(Validator.validateUpdate(type, old, defaulted(now), subresource));
  }

  /** What is wrong with a new object that is {@code json} with some {@link #edited edits}. */
  List<String> create(String json, String edits) {
    return create(edited(json, edits));
  }

  /** What is wrong with a change of a stored object, or of a subresource of it, by edits. */
  List<String> change(String json, String before, String edits, String subresource) {
    ObjectNode old = edited(json, before);
    Defaulter.apply(type, old);
    ObjectNode now = edited(old.toString(), edits);
    Defaulter.apply(type, now);
    return show(Validator.validateUpdate(type, KubeObject.of(old), now, subresource));
  }

  /** A JSON patch in short: {@code path=value;path=value}, {@code path-} removes. */
  static ObjectNode edited(String json, String edits) {
    ObjectNode out = Json.parseObject(json.replace('\'', '"'));
    for (String edit : edits.isEmpty() ? new String[0] : edits.split(";;")) {
      int eq = edit.indexOf('=');
      String path = eq < 0 ? edit.substring(0, edit.length() - 1) : edit.substring(0, eq);
      ObjectNode op = Json.object().put("op", eq < 0 ? "remove" : "add").put("path", path);
      if (eq >= 0) {
        op.set("value", Json.parse(edit.substring(eq + 1).replace('\'', '"')));
      }
      out = (ObjectNode) JsonPatch.apply(out, Json.array().add(op));
    }
    return out;
  }

  private ObjectNode defaulted(String json) {
    ObjectNode tree = Json.parseObject(json.replace('\'', '"'));
    Defaulter.apply(type, tree);
    return tree;
  }

  private static List<String> show(List<StatusCause> causes) {
    return causes.stream().map(c -> c.field() + ": " + c.message()).toList();
  }
}
