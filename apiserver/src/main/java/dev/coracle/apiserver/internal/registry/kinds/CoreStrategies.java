package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Small rules of kinds of the core group. */
public final class CoreStrategies {

  private CoreStrategies() {}

  private abstract static class Uncounted implements KindStrategy {
    @Override
    public boolean tracksGeneration() {
      return false;
    }
  }

  /**
   * Namespaces begin active and are held by {@code spec.finalizers} until their content is gone.
   */
  public static final KindStrategy NAMESPACE =
      new Uncounted() {
        @Override
        public void prepareForCreate(ObjectNode namespace, Call call) {
          namespace.putObject("status").put("phase", "Active");
          ObjectNode spec = namespace.withObjectProperty("spec");
          ArrayNode finalizers =
              spec.get("finalizers") instanceof ArrayNode a ? a : spec.putArray("finalizers");
          boolean has = false;
          for (JsonNode f : finalizers) {
            has |= f.asText().equals("kubernetes");
          }
          if (!has) {
            finalizers.add("kubernetes");
          }
          nameLabel(namespace);
        }

        @Override
        public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
          if (!call.subresource().equals("finalize")) {
            JsonNode finalizers = before.at("spec", "finalizers");
            if (finalizers.isMissingNode()) {
              now.withObjectProperty("spec").remove("finalizers");
            } else {
              now.withObjectProperty("spec").set("finalizers", finalizers.deepCopy());
            }
          }
          nameLabel(now);
        }

        @Override
        public void decoded(ObjectNode namespace) {
          nameLabel(namespace);
        }

        private void nameLabel(ObjectNode namespace) {
          ObjectNode metadata = (ObjectNode) namespace.path("metadata");
          String name = metadata.path("name").asText("");
          if (!name.isEmpty()) {
            metadata.withObjectProperty("labels").put("kubernetes.io/metadata.name", name);
          }
        }

        @Override
        public boolean heldBack(ObjectNode namespace) {
          return !namespace.path("spec").path("finalizers").isEmpty();
        }

        @Override
        public void prepareForDeletion(ObjectNode namespace) {
          namespace.withObjectProperty("status").put("phase", "Terminating");
        }
      };

  /** Secrets take plain text in {@code stringData} and keep it encoded. */
  public static final KindStrategy SECRET =
      new Uncounted() {
        @Override
        public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
          if (now.path("type").asText("").isEmpty()) {
            now.put("type", before.text("type"));
          }
        }

        @Override
        public void decoded(ObjectNode secret) {
          if (secret.remove("stringData") instanceof ObjectNode plain && !plain.isEmpty()) {
            ObjectNode data = secret.withObjectProperty("data");
            plain.forEachEntry((key, value) ->
                data.put(
                    key,
                    Base64.getEncoder()
                        .encodeToString(value.asText("").getBytes(StandardCharsets.UTF_8))));
          }
        }
      };

  /** Claims begin pending. */
  public static final KindStrategy CLAIM =
      new Uncounted() {
        @Override
        public boolean returnsDeletedObject() {
          return true;
        }

        @Override
        public void prepareForCreate(ObjectNode claim, Call call) {
          claim.putObject("status").put("phase", "Pending");
          dropUnknownSource(claim);
          normalizeSources(claim);
        }

        @Override
        public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
          if (!before.at("spec", "dataSource").isObject()) {
            dropUnknownSource(now);
          }
          normalizeSources(now);
        }

        // dataSource only ever meant claims and snapshots; others are for its successor.
        private void dropUnknownSource(ObjectNode claim) {
          JsonNode source = claim.path("spec").path("dataSource");
          String group = source.path("apiGroup").asText("");
          String kind = source.path("kind").asText("");
          boolean known =
              group.isEmpty() && kind.equals("PersistentVolumeClaim")
                  || group.equals("snapshot.storage.k8s.io") && kind.equals("VolumeSnapshot");
          if (source.isObject() && !known) {
            ((ObjectNode) claim.path("spec")).remove("dataSource");
          }
        }

        // Each of the two ways to name where the data comes from stands for the other.
        private void normalizeSources(ObjectNode claim) {
          if (!(claim.path("spec") instanceof ObjectNode spec)) {
            return;
          }
          JsonNode source = spec.path("dataSource");
          JsonNode ref = spec.path("dataSourceRef");
          if (source.isObject() && !ref.isObject()) {
            spec.set("dataSourceRef", source.deepCopy());
          } else if (ref.isObject()
              && !source.isObject()
              && ref.path("namespace").asText("").isEmpty()) {
            ObjectNode copy = ref.deepCopy();
            copy.remove("namespace");
            spec.set("dataSource", copy);
          }
        }
      };

  /** Volumes are attached when who attaches them says so. */
  public static final KindStrategy ATTACHMENT =
      new Uncounted() {
        @Override
        public boolean returnsDeletedObject() {
          return true;
        }

        @Override
        public boolean statusKeepsMetadata() {
          return true;
        }

        @Override
        public boolean allowsUnconditionalUpdate() {
          return false;
        }

        @Override
        public void prepareForCreate(ObjectNode attachment, Call call) {
          attachment.putObject("status").put("attached", false);
        }
      };
}
