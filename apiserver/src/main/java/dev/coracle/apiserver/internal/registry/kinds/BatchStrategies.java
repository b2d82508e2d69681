package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.util.List;

/** Jobs and CronJobs. */
public final class BatchStrategies {

  private static final String UID_LABEL = "batch.kubernetes.io/controller-uid";
  private static final String NAME_LABEL = "batch.kubernetes.io/job-name";

  private BatchStrategies() {}

  /** Jobs get a selector of their own, unless they bring one. */
  public static final KindStrategy JOB =
      new KindStrategy() {
        @Override
        public String defaultPropagation() {
          return "Orphan";
        }

        @Override
        public void prepareForCreate(ObjectNode job, Call call) {
          job.putObject("status");
          ObjectNode spec = job.withObjectProperty("spec");
          if (spec.path("manualSelector").asBoolean(false)) {
            return;
          }
          String uid = job.path("metadata").path("uid").asText();
          String name = job.path("metadata").path("name").asText();
          ObjectNode labels =
              spec.withObjectProperty("template")
                  .withObjectProperty("metadata")
                  .withObjectProperty("labels");
          // What somebody wrote there themselves stays, and is refused where it is not the same.
          labels.putIfAbsent("job-name", TextNode.valueOf(name));
          labels.putIfAbsent(NAME_LABEL, TextNode.valueOf(name));
          labels.putIfAbsent("controller-uid", TextNode.valueOf(uid));
          labels.putIfAbsent(UID_LABEL, TextNode.valueOf(uid));
          spec.withObjectProperty("selector")
              .withObjectProperty("matchLabels")
              .putIfAbsent(UID_LABEL, TextNode.valueOf(uid));
          // Defaults have been set before; upstream sets them again on what it has stored.
          if (job.path("metadata").path("labels").isEmpty()) {
            job.withObjectProperty("metadata").set("labels", labels.deepCopy());
          }
        }

        @Override
        public void renamed(ObjectNode job, String from) {
          JsonNode template = job.path("spec").path("template");
          for (JsonNode in : List.of(job, template)) {
            for (String label : List.of("job-name", NAME_LABEL)) {
              if (in.path("metadata").path("labels") instanceof ObjectNode labels
                  && labels.path(label).asText().equals(from)) {
                labels.set(label, job.path("metadata").get("name"));
              }
            }
          }
        }

        @Override
        public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
          ObjectNode spec = now.withObjectProperty("spec");
          if (!spec.has("selector") && before.at("spec", "selector").isObject()) {
            spec.set("selector", before.at("spec", "selector").deepCopy());
          }
        }
      };

  public static final KindStrategy CRON_JOB =
      new KindStrategy() {
        @Override
        public void prepareForCreate(ObjectNode job, Call call) {
          job.putObject("status");
        }
      };
}
