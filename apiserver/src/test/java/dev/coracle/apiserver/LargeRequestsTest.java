package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are much work, and what others see of them. */
class LargeRequestsTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String BIGS = "/apis/large.example.com/v1/bigs";
  private static final int ITEMS = 15_000;

  /** More than the server has event loops. */
  private static final int OTHERS = 12;

  /** As many answers as nobody has got before the large request was on its way. */
  private static final int ENOUGH = 30;

  @Test
  void nobodyElseWaitsForALargeOne(@TempDir Path dir) throws Exception {
    try (TestServer server = new TestServer(dir)) {
      TestApi api = new TestApi(server);
      api.post(
              CRDS,
              "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata:"
                  + " {name: bigs.large.example.com}, spec: {group: large.example.com, scope:"
                  + " Cluster, names: {plural: bigs, singular: big, kind: Big, listKind: BigList},"
                  + " versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema:"
                  + " {type: object, properties: {m: {type: array, x-kubernetes-list-type: map,"
                  + " x-kubernetes-list-map-keys: [n], items: {type: object, required: [n],"
                  + " properties: {n: {type: string}, v: {type: string}}}}}}}}]}}")
          .ok();
      await().atMost(Duration.ofSeconds(30)).until(() -> api.get(BIGS).code() == 200);
      apply(api, "one", "x");
      List<AtomicInteger> answers = new ArrayList<>();
      AtomicBoolean over = new AtomicBoolean();
      List<Thread> others = new ArrayList<>();
      for (int i = 0; i < OTHERS; i++) {
        TestApi own = new TestApi(server);
        own.get("/version").ok();
        AtomicInteger count = new AtomicInteger();
        answers.add(count);
        others.add(
            Thread.ofPlatform()
                .start(() -> {
                  while (!over.get()) {
                    own.get("/api/v1/namespaces/default").ok();
                    count.incrementAndGet();
                  }
                }));
      }
      answers.forEach(a -> a.set(0));
      apply(api, "two", "y");
      List<Integer> meanwhile = answers.stream().map(AtomicInteger::get).toList();
      over.set(true);
      for (Thread other : others) {
        other.join();
      }
      assertThat(meanwhile).allMatch(answered -> answered >= ENOUGH);
    }
  }

  private static void apply(TestApi api, String manager, String value) {
    StringBuilder items = new StringBuilder();
    for (int i = 0; i < ITEMS; i++) {
      items.append(i == 0 ? "" : ",").append("{\"n\":\"i").append(i).append("\",\"v\":\"");
      items.append(value).append("\"}");
    }
    String body =
        "{\"apiVersion\":\"large.example.com/v1\",\"kind\":\"Big\",\"metadata\":{\"name\":\"b\"},"
            + "\"m\":["
            + items
            + "]}";
    api.exchange(
            "PATCH",
            BIGS + "/b?force=true&fieldManager=" + manager,
            "application/apply-patch+yaml",
            "application/json",
            body.getBytes(StandardCharsets.UTF_8))
        .ok();
  }
}
