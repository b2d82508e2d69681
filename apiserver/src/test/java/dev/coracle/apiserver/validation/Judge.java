package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
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

  private ObjectNode defaulted(String json) {
    ObjectNode tree = Json.parseObject(json.replace('\'', '"'));
    Defaulter.apply(type, tree);
    return tree;
  }

  private static List<String> show(List<StatusCause> causes) {
    return causes.stream().map(c -> c.field() + ": " + c.message()).toList();
  }
}
