package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.patch.ApplyCheck;
import dev.coracle.api.patch.JsonPatch;
import dev.coracle.api.patch.MergePatch;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import io.smallrye.mutiny.Uni;

/** Changes an object by one of the four patch types; server-side apply creates what is absent. */
public final class PatchVerb {

  private final Backstage backstage;
  private final ObjectUpdate updates;
  private final CreateVerb creates;

  public PatchVerb(Backstage backstage, ObjectUpdate updates, CreateVerb creates) {
    this.backstage = backstage;
    this.updates = updates;
    this.creates = creates;
  }

  public Uni<UpdateVerb.Outcome> run(Call call, Patch patch) {
    if (patch.type() == PatchType.APPLY) {
      return apply(call, patch);
    }
    if (patch.type() == PatchType.STRATEGIC_MERGE && call.type().custom()) {
      throw StatusException.of(
          StatusReason.UNSUPPORTED_MEDIA_TYPE,
          "the body of the request was in an unknown format - accepted media types include:"
              + " application/json-patch+json, application/merge-patch+json,"
              + " application/apply-patch+yaml");
    }
    ObjectUpdate.Scope scope = ObjectUpdate.Scope.of(call.subresource());
    return updates
        .run(call, scope, ObjectUpdate.edit(current -> patched(call, patch, current)))
        .map(o -> new UpdateVerb.Outcome(o, false));
  }

  private ObjectNode patched(Call call, Patch patch, KubeObject current) {
    ObjectNode before = current.tree();
    ObjectNode result = PatchedForm.object(patch, patchTree(call, patch, before));
    checkIdentity(call, result, current);
    DuplicateOwners.dropSent(result, call.warnings()::add);
    // What a custom resource's schema does not know any more is pruned by every patch.
    ObjectNode known = call.type().custom() ? Json.object() : before;
    return Unchanged.around(
        result, known, changed -> PatchedForm.decode(call, patch, result, changed));
  }

  /** In an update another uid is a precondition that fails; a patch tries to change it. */
  private static void checkIdentity(Call call, ObjectNode result, KubeObject current) {
    GroupVersionKind type = call.type().kind();
    String uid = result.path("metadata").path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(current.uid())) {
      FieldErrors errors = new FieldErrors();
      errors.invalid(FieldPath.METADATA, "uid", uid, "field is immutable");
      errors.throwIfAny(type, call.name());
    }
    String apiVersion = result.path("apiVersion").asText("");
    if (call.type().custom() && !apiVersion.isEmpty() && !apiVersion.equals(type.apiVersion())) {
      throw Metadata.otherThan(type, "apiVersion", apiVersion, type.apiVersion(), result);
    }
  }

  /**
   * Also for trees that are not the object itself, such as a Scale. The result shares with the tree
   * what the patch does not touch.
   */
  public static JsonNode patchTree(Call call, Patch patch, ObjectNode tree) {
    return switch (patch.type()) {
      case JSON -> JsonPatch.apply(tree, patch.body());
      case MERGE -> MergePatch.apply(tree, object(patch));
      case STRATEGIC_MERGE -> call.type().rules().strategicMerge(tree, object(patch));
      case APPLY -> throw StatusException.badRequest("apply needs the whole object");
    };
  }

  private static ObjectNode object(Patch patch) {
    if (patch.body() instanceof ObjectNode object) {
      return object;
    }
    boolean strategic = patch.type() == PatchType.STRATEGIC_MERGE;
    if (strategic && patch.body().isNull()) {
      return Json.object();
    }
    throw StatusException.badRequest(
        (strategic ? "" : "error decoding patch: ")
            + "json: cannot unmarshal "
            + Trees.goName(patch.body())
            + " into Go value of type map[string]interface {}");
  }

  private Uni<UpdateVerb.Outcome> apply(Call call, Patch patch) {
    if (call.fieldManager().isEmpty()) {
      throw StatusException.badRequest("fieldManager is required for apply patch");
    }
    ObjectNode configuration = configuration(call, patch);
    ObjectNode metadata = Metadata.of(configuration);
    String name = metadata.path("name").asText("");
    if (!name.isEmpty()) {
      Metadata.checkNamed(name, call);
    }
    Metadata.checkNamespace(configuration, call);
    if (metadata.path("managedFields").isArray()) {
      throw StatusException.badRequest("metadata.managedFields must be nil");
    }
    ObjectUpdate.Scope scope = ObjectUpdate.Scope.of(call.subresource()).silent();
    return updates
        .run(
            call, scope, ObjectUpdate.edit(current -> applied(call, configuration, patch, current)))
        .map(o -> new UpdateVerb.Outcome(o, false))
        .onFailure(f -> StatusException.isNotFound(f) && call.subresource().isEmpty())
        .recoverWithUni(() ->
            // Deferred: of a failure that a recovery throws Mutiny makes one of both.
            Uni.createFrom().deferred(() -> create(call, configuration, patch)));
  }

  /**
   * The configuration that an apply brings. It has to say of what kind it is, in which version;
   * whatever fieldValidation says, nobody could own a field that the schema does not know.
   */
  public static ObjectNode configuration(Call call, Patch patch) {
    JsonNode body = patch.body();
    if (!(body instanceof ObjectNode given)) {
      throw StatusException.badRequest(
          "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
              + Trees.goName(body)
              + " into Go value of type map[string]interface {}");
    }
    String apiVersion = given.path("apiVersion").asText("");
    String kind = given.path("kind").asText("");
    SubresourceSchemas schema = SubresourceSchemas.of(call);
    GroupVersionKind type = schema.kind();
    if (!apiVersion.equals(type.apiVersion()) || !kind.equals(type.kind())) {
      String version = apiVersion.contains("/") ? apiVersion : "/" + apiVersion;
      throw StatusException.badRequest("invalid object type: " + version + ", Kind=" + kind);
    }
    ApplyCheck.check(schema.type(), given, type.apiVersion());
    return Decoder.part(given, schema.type(), type);
  }

  private ObjectNode applied(Call call, ObjectNode configuration, Patch patch, KubeObject current) {
    ObjectNode copy = configuration.deepCopy();
    String rv = copy.path("metadata").path("resourceVersion").asText("");
    if (!rv.isEmpty() && !rv.equals(current.resourceVersion())) {
      throw StatusException.modified(call.type().groupResource(), call.name());
    }
    return call.type()
        .rules()
        .apply(
            current,
            copy,
            call.fieldManager(),
            patch.force(),
            call.subresource(),
            backstage.clock().instant());
  }

  private Uni<UpdateVerb.Outcome> create(Call call, ObjectNode configuration, Patch patch) {
    if (configuration.path("metadata").hasNonNull("uid")) {
      throw StatusException.conflict(
          call.type().groupResource(),
          call.name(),
          "uid mismatch: the provided object specified uid "
              + configuration.path("metadata").path("uid").asText()
              + ", and no existing object was found");
    }
    // What is there has its name already.
    Metadata.checkNamed(configuration.path("metadata").path("name").asText(""), call);
    ObjectNode made =
        call.type()
            .rules()
            .apply(
                null,
                configuration.deepCopy(),
                call.fieldManager(),
                patch.force(),
                "",
                backstage.clock().instant());
    return creates
        .runApplied(call, made)
        .map(o -> new UpdateVerb.Outcome(o, true))
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithUni(() -> Uni.createFrom().deferred(() -> apply(call, patch)));
  }
}
