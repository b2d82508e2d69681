package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What kubectl finds in the log store of a running cluster, and what it may not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LogsIT {

  private static final Duration SOON = Duration.ofSeconds(120);

  private CoracleProcess coracle;
  private Kubectl kubectl;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    coracle = CoracleProcess.start(directory.resolve("data"));
    kubectl = coracle.kubectl();
    kubectl.run("create", "namespace", "shop");
    say("shop", "cart", "tier=front", "echo order 17 placed; echo db refused >&2");
    say("default", "other", "tier=back", "echo order 18 placed");
  }

  @AfterAll
  void stop() throws Exception {
    if (coracle != null) {
      coracle.close();
    }
  }

  /** A Pod that says something and ends. */
  private void say(String namespace, String name, String label, String command) {
    kubectl.run(
        "run",
        name,
        "-n",
        namespace,
        "--image=coracle/demo:1",
        "--restart=Never",
        "--labels=" + label,
        "--command",
        "--",
        "sh",
        "-c",
        command);
  }

  private String find(String... arguments) {
    return kubectl.run(Shell.list("get", arguments).toArray(String[]::new));
  }

  @Test
  void linesAreFoundByTextStreamLabelAndNamespace() {
    Awaitility.await()
        .atMost(SOON)
        .until(() ->
            find("logentries", "-A", "--field-selector", "message=order").lines().count() == 3);
    assertThat(find("logentries", "-n", "shop"))
        .contains("TIME")
        .contains("cart")
        .contains("order 17 placed")
        .contains("db refused")
        .doesNotContain("order 18");
    assertThat(find("logentries", "-n", "shop", "--field-selector", "output=stderr,message=DB"))
        .contains("db refused")
        .doesNotContain("order");
    assertThat(find("logentries", "-A", "-l", "tier=back")).contains("order 18");
    assertThat(find("logentries", "-A", "-l", "tier=front,tier!=back")).doesNotContain("order 18");
    String name =
        find(
            "logentries",
            "-n",
            "shop",
            "--field-selector",
            "message=17",
            "-o",
            "jsonpath={.items[0].metadata.name}");
    assertThat(find("logentry", name, "-n", "shop", "-o", "jsonpath={.podUID} {.container}"))
        .contains(find("pod", "cart", "-n", "shop", "-o", "jsonpath={.metadata.uid}"))
        .endsWith("cart");
  }

  @Test
  void aPodsLinesOutliveIt() {
    Awaitility.await()
        .atMost(SOON)
        .until(() ->
            find("logentries", "-A", "--field-selector", "message=order 18").contains("placed"));
    kubectl.run("delete", "pod", "other", "--grace-period=0", "--force");
    assertThat(find("logentries", "-A", "--field-selector", "message=order 18")).contains("placed");
  }

  @Test
  void whoMayReadANamespaceMaySearchItsLogsAndNoOthers() {
    kubectl.run("create", "serviceaccount", "reader", "-n", "shop");
    kubectl.run(
        "create",
        "rolebinding",
        "reader",
        "-n",
        "shop",
        "--clusterrole=view",
        "--serviceaccount=shop:reader");
    String reader = "--as=system:serviceaccount:shop:reader";
    Awaitility.await()
        .atMost(SOON)
        .until(() ->
            kubectl
                .attempt("", "get", "logentries", "-n", "shop", reader)
                .out()
                .contains("order 17"));
    Shell.Result elsewhere = kubectl.attempt("", "get", "logentries", "-n", "default", reader);
    assertThat(elsewhere.exitCode()).isEqualTo(1);
    assertThat(elsewhere.err())
        .contains("cannot list resource \"logentries\" in API group \"logs.coracle.dev\"");
    assertThat(kubectl.attempt("", "get", "logentries", "-A", reader).exitCode()).isEqualTo(1);
  }

  @Test
  void aWrongQuestionIsToldSo() {
    Shell.Result result =
        kubectl.attempt("", "get", "logentries", "--field-selector", "colour=red");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("field label not supported: colour");
  }
}
