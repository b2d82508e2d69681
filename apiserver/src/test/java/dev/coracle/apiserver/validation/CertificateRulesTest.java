package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.certificates.PemBlock;
import dev.coracle.api.certificates.TestAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ClusterTrustBundles and CertificateSigningRequests. */
class CertificateRulesTest {

  private static final Judge BUNDLES = Judge.of("certificates.k8s.io", "clustertrustbundles");
  private static final Judge REQUESTS =
      Judge.of("certificates.k8s.io", "certificatesigningrequests");
  private static final String ANCHOR = "spec.trustBundle: Invalid value: \"<value omitted>\": ";

  private static String authority;
  private static String leaf;
  private static String request;

  @BeforeAll
  static void issue(@TempDir Path directory) throws IOException {
    TestAuthority issuer =
        new TestAuthority(directory, "ca").issue("leaf", "leaf", List.of(), List.of());
    authority = Files.readString(issuer.path("ca.crt"));
    leaf = Files.readString(issuer.path("leaf.crt"));
    request =
        Json.object()
            .put("request", base64(Files.readString(issuer.path("leaf.csr"))))
            .path("request")
            .toString();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode bundle(String pem) {
    ObjectNode out = Json.parseObject("{\"metadata\":{\"name\":\"b\"}}");
    out.putObject("spec").put("trustBundle", pem);
    return out;
  }

  @Test
  void anchorsAreAuthorities() {
    assertThat(BUNDLES.create(bundle("words\n" + authority + "more"))).isEmpty();
    assertThat(BUNDLES.create(bundle("")))
        .containsExactly(ANCHOR + "at least one trust anchor must be provided");
    assertThat(BUNDLES.create(bundle(authority + authority)))
        .containsExactly(ANCHOR + "duplicate trust anchor (indices [0 1])");
    String headed = authority.replace("CERTIFICATE-----\nM", "CERTIFICATE-----\na: b\n\nM");
    String key = new PemBlock("PRIVATE KEY", new byte[] {1}).toString();
    String nonsense = new PemBlock("CERTIFICATE", new byte[] {1}).toString();
    assertThat(BUNDLES.create(bundle(authority + key + headed + nonsense + leaf)))
        .containsExactly(
            ANCHOR + "entry 1 has bad block type: PRIVATE KEY",
            ANCHOR + "entry 2 has PEM block headers",
            ANCHOR + "entry 3 does not parse as X.509",
            ANCHOR + "entry 4 does not have the CA bit set");
    assertThat(BUNDLES.create(bundle("a".repeat((1 << 20) + 1))))
        .containsExactly("spec.trustBundle: Too long: may not be more than 1048576 bytes");
  }

  @Test
  void anchorsThatStayAreNotReadAgain() {
    String old = bundle(leaf).toString();
    assertThat(BUNDLES.change(old, "", "/metadata/labels={'a':'b'}", "")).isEmpty();
    assertThat(BUNDLES.change(old, "", "/spec/trustBundle='x'", ""))
        .containsExactly(ANCHOR + "at least one trust anchor must be provided");
  }

  private static String asked() {
    return "{'metadata':{'name':'r'},'spec':{'usages':['client auth'],'signerName':'a.b/c','request':"
        + request
        + "}}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/request- | spec.request: Invalid value: null: PEM block type must be CERTIFICATE"
            + " REQUEST",
        "/spec/usages=[] | spec.usages: Required value",
        "/spec/usages=['any','any'] | spec.usages[1]: Duplicate value: \"any\"",
        "/spec/signerName='kubernetes.io/legacy-unknown' | spec.signerName: Invalid value:"
            + " \"kubernetes.io/legacy-unknown\": the legacy signerName is not allowed via this API"
            + " version",
        "/spec/expirationSeconds=599 | spec.expirationSeconds: Invalid value: 599: may not specify"
            + " a duration less than 600 seconds (10 minutes)",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(REQUESTS.create(asked(), edits)).containsExactly(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "approval | {} | {'conditions':[{},{'type':'X','status':'Y'},{'type':'Failed','status':"
            + "'False'}]} | status.conditions[0].type: Required value;;status.conditions[0].status:"
            + " Required value;;status.conditions[1].status: Unsupported value: \"Y\": supported"
            + " values: \"False\", \"True\", \"Unknown\";;status.conditions[2].status: Unsupported"
            + " value: \"False\": supported values: \"True\"",
        "approval | {} | {'conditions':[<Approved>,<Denied>,<Denied>]} | status.conditions: Invalid"
            + " value: \"Denied\": Approved and Denied conditions are mutually"
            + " exclusive;;status.conditions: Invalid value: \"Denied\": Approved and Denied"
            + " conditions are mutually exclusive;;status.conditions[2].type: Duplicate value:"
            + " \"Denied\"",
        "approval | {'conditions':[<Approved>,<Failed>]} | {} | status.conditions: Forbidden:"
            + " updates may not remove a condition of type \"Approved\";;status.conditions:"
            + " Forbidden: updates may not remove a condition of type \"Failed\"",
        "status | {} | {'conditions':[<Approved>]} | status.conditions: Forbidden: updates may not"
            + " add a condition of type \"Approved\"",
        "status | {'conditions':[<Approved>]} | {'conditions':[{'type':'Approved','status':'True',"
            + "'reason':'r'}]} | status.conditions: Forbidden: updates may not modify a condition of"
            + " type \"Approved\"",
        "status | {} | {'certificate':'aGVsbG8='} | status.certificate: Invalid value:"
            + " \"<certificate data>\": must contain at least one CERTIFICATE PEM block",
      })
  void whatAChangeMayDo(String subresource, String before, String now, String expected) {
    String old = "/status=" + conditions(before);
    assertThat(REQUESTS.change(asked(), old, "/status=" + conditions(now), subresource))
        .containsExactly(expected.split(";;"));
  }

  private static String conditions(String text) {
    return text.replaceAll("<(\\w+)>", "{'type':'$1','status':'True'}");
  }

  @Test
  void aCertificateIsGivenOutOnce() {
    String mine = "/status={'certificate':'" + base64(leaf) + "'}";
    String other = "/status={'certificate':'" + base64(authority) + "'}";
    assertThat(REQUESTS.change(asked(), "/status={}", mine, "status")).isEmpty();
    assertThat(REQUESTS.change(asked(), mine, other, "status"))
        .containsExactly(
            "status.certificate: Forbidden: updates may not modify existing certificate content");
    assertThat(REQUESTS.change(asked(), "/status={}", mine, "approval"))
        .containsExactly("status.certificate: Forbidden: updates may not set certificate content");
    String key = base64(new PemBlock("PRIVATE KEY", new byte[] {1}).toString());
    assertThat(
            REQUESTS.change(
                asked(), "/status={}", "/status={'certificate':'" + key + "'}", "status"))
        .containsExactly(
            "status.certificate: Invalid value: \"<certificate data>\": only CERTIFICATE PEM blocks"
                + " are allowed, found \"PRIVATE KEY\"");
  }

  @Test
  void mistakesOfWhatIsStoredMayStay() {
    String odd =
        "/spec/usages=['x','x'];;/spec/signerName='kubernetes.io/legacy-unknown';;/status="
            + conditions("{'certificate':'aGVsbG8=','conditions':[<Approved>,<Denied>,<Denied>]}");
    assertThat(REQUESTS.change(asked(), odd, "/metadata/labels={'a':'b'}", "")).isEmpty();
  }
}
