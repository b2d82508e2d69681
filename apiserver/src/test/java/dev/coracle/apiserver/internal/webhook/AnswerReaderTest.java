package dev.coracle.apiserver.internal.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.apiserver.internal.webhook.WebhookClient.CallFailed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What webhooks may answer, and what is said of anything else. */
class AnswerReaderTest {

  private static final AnswerReader V1 = AnswerReader.admission("v1");
  private static final String REVIEW =
      "'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview'";

  private static void fails(AnswerReader reader, int code, String type, String body, String words) {
    assertThatThrownBy(() -> reader.read(code, type, body.replace('\'', '"').getBytes(UTF_8)))
        .isInstanceOf(CallFailed.class)
        .hasMessage(words);
  }

  private static void fails(String body, String words) {
    fails(V1, 200, "application/json", body, words);
  }

  @Test
  void readsAReview() {
    String body = "{" + REVIEW + ",'response':{'uid':'u','allowed':true,'status':null,'zz':1}}";
    assertThat(
            V1.read(201, "text/plain", body.replace('\'', '"').getBytes(UTF_8))
                .at("/response/uid")
                .asText())
        .isEqualTo("u");
    assertThat(V1.read(200, "", "null".getBytes(UTF_8))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'allowed':'true'|string into Go struct field AdmissionResponse.response.allowed of type"
            + " bool",
        "'allowed':1|number into Go struct field AdmissionResponse.response.allowed of type bool",
        "'uid':5|number into Go struct field AdmissionResponse.response.uid of type types.UID",
        "'warnings':'x'|string into Go struct field AdmissionResponse.response.warnings of type"
            + " []string",
        "'auditAnnotations':['x']|array into Go struct field"
            + " AdmissionResponse.response.auditAnnotations of type map[string]string",
        "'auditAnnotations':{'a':1}|number into Go struct field"
            + " AdmissionResponse.response.auditAnnotations of type string",
        "'status':'x'|string into Go struct field AdmissionResponse.response.status of type"
            + " v1.Status",
        "'status':{'code':'403'}|string into Go struct field Status.response.status.code of type"
            + " int32",
        "'patchType':5|number into Go struct field AdmissionResponse.response.patchType of type"
            + " v1.PatchType",
        "'patch':[{}]|object into Go struct field AdmissionResponse.response.patch of type uint8",
      })
  void valuesOfOtherTypesAreNotTakenForSomethingElse(String field, String words) {
    fails("{" + REVIEW + ",'response':{" + field + "}}", "json: cannot unmarshal " + words);
  }

  @Test
  void aPatchIsBase64() {
    fails("{'response':{'patch':'!!notbase64!!'}}", "illegal base64 data at input byte 0");
    String unpadded = "W3sib3AiOiJhZGQiLCJwYXRoIjoiL3NwZWMvcyIsInZhbHVlIjoieHkifV0";
    fails("{'response':{'patch':'" + unpadded + "'}}", "illegal base64 data at input byte 56");
    String broken = unpadded.substring(0, 20) + "\\n" + unpadded.substring(20) + "=";
    assertThat(V1.read(200, "", ("{\"response\":{\"patch\":\"" + broken + "\"}}").getBytes(UTF_8)))
        .isNotEmpty();
  }

  @Test
  void otherKindsAreNoReviews() {
    fails(
        "{'apiVersion':'admission.k8s.io/v1beta1','kind':'AdmissionReview'}",
        "converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion");
    fails(
        "{'apiVersion':'v1','kind':'Status','status':'Success'}",
        "converting (v1.Status) to (v1.AdmissionReview): unknown conversion");
    fails(
        "{'apiVersion':'admission.k8s.io/v9','kind':'AdmissionReview'}",
        "no kind \"AdmissionReview\" is registered for version \"admission.k8s.io/v9\"");
    fails("{'apiVersion':'a/b/c','kind':'K'}", "unexpected GroupVersion string: a/b/c");
    fails(
        "{'kind':5}",
        "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct"
            + " field .kind of type string");
    fails(
        AnswerReader.admission("v1beta1"),
        200,
        "",
        "{" + REVIEW + "}",
        "converting (v1.AdmissionReview) to (v1beta1.AdmissionReview): unknown conversion");
  }

  @Test
  void whatIsNoObjectIsToldAsSuch() {
    String start = "couldn't get version/kind; json parse error: json: cannot unmarshal ";
    String end =
        " into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\";"
            + " Kind string \"json:\\\"kind,omitempty\\\"\" }";
    fails("[1]", start + "array" + end);
    fails("5", start + "number" + end);
    fails("hello", start + "string" + end);
    fails("", "0-length response with status code: 200 and content type: application/json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400|the server rejected our request for an unknown reason",
        "401|the server has asked for the client to provide credentials",
        "403|some text",
        "404|the server could not find the requested resource",
        "405|the server does not allow this method on the requested resource",
        "409|the server reported a conflict",
        "410|the server responded with the status code 410 but did not return more information",
        "415|some text",
        "422|the server rejected our request due to an error in our request",
        "429|the server has received too many requests and has asked us to try again later",
        "500|an error on the server (\"some text\") has prevented the request from succeeding",
        "503|the server is currently unable to handle the request",
        "504|the server was unable to return a response in the time allotted, but may still be"
            + " processing the request",
        "299|the server responded with the status code 299 but did not return more information",
        "302|the server responded with the status code 302 but did not return more information",
      })
  void codes(int code, String words) {
    fails(V1, code, "text/plain", "some text\n", words);
  }

  @Test
  void onlyTextIsShownAndAStatusTellsItsMessage() {
    fails(
        V1,
        500,
        "application/json",
        "{'error':'e'}",
        "an error on the server (\"unknown\") has prevented the request from succeeding");
    fails(
        V1,
        500,
        "text/plain",
        "a 'quoted' text",
        "an error on the server (\"a \\\"quoted\\\" text\") has prevented the request from"
            + " succeeding");
    fails(
        V1,
        403,
        "application/json",
        "{'kind':'Status','apiVersion':'v1','status':'Failure','message':'told'}",
        "told");
  }
}
