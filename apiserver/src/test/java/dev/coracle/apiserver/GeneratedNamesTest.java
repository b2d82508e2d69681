package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import io.smallrye.mutiny.Uni;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Objects whose names the server makes up, where the names are taken (KEP-4420). */
class GeneratedNamesTest {

  private static final String JOB =
      "{apiVersion: batch/v1, kind: Job, metadata: {generateName: j-}, spec: {template: {spec:"
          + " {restartPolicy: Never, containers: [{name: c, image: i}]}}}}";

  /** Has the next few names of whatever is made up be taken by somebody else just before. */
  private static final class CrowdedStore extends ForwardingStore {
    private final AtomicInteger taken = new AtomicInteger();
    private final List<String> tried = new CopyOnWriteArrayList<>();

    void take(int names) {
      taken.set(names);
      tried.clear();
    }

    @Override
    public Uni<KubeObject> create(GroupResource resource, KubeObject object) {
      if (object.metadata().path("generateName").asText("").isEmpty()) {
        return super.create(resource, object);
      }
      tried.add(object.name());
      return taken.getAndUpdate(n -> Math.max(0, n - 1)) > 0
          ? Uni.createFrom().failure(StatusException.alreadyExists(resource, object.name()))
          : super.create(resource, object);
    }
  }

  private static final CrowdedStore STORE = new CrowdedStore();

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir, STORE);
    api = new TestApi(server);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void labelsOfAJobAreThoseOfTheNameItGot() {
    STORE.take(7);
    JsonNode job = api.post("/apis/batch/v1/namespaces/default/jobs", JOB).ok().body();
    String name = job.at("/metadata/name").asText();
    assertThat(name).startsWith("j-").hasSize(7);
    assertThat(STORE.tried).hasSize(8).doesNotHaveDuplicates().last().isEqualTo(name);
    for (String at : new String[] {"/metadata/labels", "/spec/template/metadata/labels"}) {
      JsonNode labels = job.at(at);
      assertThat(labels.path("job-name").asText()).isEqualTo(name);
      assertThat(labels.path("batch.kubernetes.io/job-name").asText()).isEqualTo(name);
      assertThat(labels.path("controller-uid")).isEqualTo(job.at("/metadata/uid"));
    }
    assertThat(job.at("/spec/selector/matchLabels").path("batch.kubernetes.io/controller-uid"))
        .isEqualTo(job.at("/metadata/uid"));
    assertThat(api.get("/apis/batch/v1/namespaces/default/jobs/" + name).ok().body())
        .isEqualTo(job);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/apis/batch/v1/namespaces/default/jobs | jobs.batch | " + JOB,
        "/api/v1/namespaces/default/configmaps | configmaps | {metadata: {generateName: j-}}",
        "/api/v1/namespaces/default/services | services | {metadata: {generateName: j-}, spec: {ports: [{port: 1}]}}",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles | clusterroles.rbac.authorization.k8s.io |"
            + " {metadata: {generateName: j-}}"
      })
  void eightTakenNamesAreEnough(String path, String resource, String object) {
    STORE.take(8);
    TestApi.Answer answer = api.post(path, object);
    assertThat(answer.code()).isEqualTo(409);
    assertThat(STORE.tried).hasSize(8);
    assertThat(answer.message())
        .isEqualTo(
            "%s \"%s\" already exists, the server was not able to generate a unique name for the object"
                .formatted(resource, STORE.tried.getLast()));
    assertThat(answer.body().path("reason").asText()).isEqualTo("AlreadyExists");
    assertThat(answer.body().at("/details/name").asText()).isEqualTo(STORE.tried.getLast());
    assertThat(answer.body().at("/details/retryAfterSeconds").asInt()).isEqualTo(1);
  }

  @Test
  void aNameThatWasGivenIsTriedOnce() {
    String path = "/api/v1/namespaces/default/configmaps";
    String given = "{metadata: {name: given, generateName: j-}}";
    STORE.take(0);
    api.post(path, given).ok();
    TestApi.Answer again = api.post(path, given);
    assertThat(again.code()).isEqualTo(409);
    assertThat(again.message())
        .isEqualTo(
            "configmaps \"given\" already exists, the server was not able to generate a unique name"
                + " for the object");
    assertThat(STORE.tried).containsExactly("given", "given");
  }

  @Test
  void whatIsBeingDeletedIsSaidToBe() {
    String path = "/api/v1/namespaces/default/configmaps";
    String held = "{metadata: {name: held, finalizers: [example.com/held]}}";
    api.post(path, held).ok();
    assertThat(api.post(path, held).message()).isEqualTo("configmaps \"held\" already exists");
    api.delete(path + "/held").ok();
    TestApi.Answer again = api.post(path, held);
    assertThat(again.code()).isEqualTo(409);
    assertThat(again.message())
        .isEqualTo("object is being deleted: configmaps \"held\" already exists");
    assertThat(api.post(path + "?dryRun=All", held).message()).isEqualTo(again.message());
  }
}
