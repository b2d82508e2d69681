package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VolumeRulesTest {

  private static final Judge JUDGE = Judge.of("", "pods");
  private static final String POD =
      """
      {'metadata':{'name':'p','namespace':'d'},
       'spec':{'serviceAccountName':'s','containers':[{'name':'c','image':'i'}],'volumes':[{'name':'v'}]}}\
      """;
  private static final String LABEL =
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
          + " must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc',"
          + " regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "cephfs={};;downwardAPI={};;secret={'secretName':'s'} | .cephFS: Forbidden: may not specify"
            + " more than 1 volume type;;.downwarAPI: Forbidden: may not specify more than 1 volume"
            + " type",
        "gitRepo={'directory':'..a'} | .gitRepo.repository: Required value;;.gitRepo.directory:"
            + " Invalid value: \"..a\": must not start with '..'",
        "downwardAPI={'defaultMode':512,'items':[{'path':'/a','fieldRef':{'fieldPath':"
            + "'metadata.name'},'resourceFieldRef':{}},{'path':'b','resourceFieldRef':"
            + "{'resource':'limits.cpu'}}]} | .downwardAPI.defaultMode: Invalid value: 512: must be"
            + " a number between 0 and 0777 (octal), both inclusive;;.downwardAPI.path: Invalid"
            + " value: \"/a\": must be a relative path;;.downwardAPI: Invalid value: \"resource\":"
            + " fieldRef and resourceFieldRef can not be specified"
            + " simultaneously;;.downwardAPI.resourceFieldRef.containerName: Required value",
        "downwardAPI={'items':[{'path':'b','resourceFieldRef':{'containerName':'c','resource':"
            + "'limits.memory','divisor':'2'}}]} | .downwardAPI.resourceFieldRef.divisor: Invalid"
            + " value: \"limits.memory\": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi,"
            + " 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource",
        "ephemeral={'volumeClaimTemplate':{'metadata':{'name':'x','uid':'u'},'spec':{'accessModes':"
            + "['ReadWriteOnce'],'resources':{'requests':{'storage':'1'}}}}} |"
            + " .ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be"
            + " set;;.ephemeral.volumeClaimTemplate.metadata.uID: Forbidden: cannot be set",
        "csi={'driver':'d.io','nodePublishSecretRef':{}} | .csi.nodePublishSecretRef.name: Required"
            + " value",
        "image={'reference':'r','pullPolicy':'X'} | .image.pullPolicy: Unsupported value: \"X\":"
            + " supported values: \"Always\", \"IfNotPresent\", \"Never\"",
        "projected={'sources':[{'secret':{'name':'s','items':[{'key':'k','path':'a'}]}},"
            + "{'configMap':{'name':'m','items':[{'key':'k','path':'a'}]}},"
            + "{'serviceAccountToken':{'expirationSeconds':4294967297}}]} | .projected: Invalid"
            + " value: \"m\": conflicting duplicate"
            + " paths;;.projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value:"
            + " 4294967297: may not specify a duration larger than 2^32"
            + " seconds;;.projected.path: Required value",
        "projected={'sources':[{'clusterTrustBundle':{'path':'a'}},"
            + "{'clusterTrustBundle':{'name':'n','labelSelector':{},'path':'b'}},"
            + "{'clusterTrustBundle':{'signerName':'a_/b','path':'c'}}]} |"
            + " .projected.sources[0].clusterTrustBundle: Required value: either name or"
            + " signerName must be"
            + " specified;;.projected.sources[1].clusterTrustBundle.labelSelector: Invalid"
            + " value: {}: labelSelector must be unset if name is"
            + " specified;;.projected.sources[2].clusterTrustBundle.signerName: Invalid value:"
            + " \"a_\": validating label \"a_\":"
            + " LABEL;;.projected.sources[2].clusterTrustBundle.signerName: Invalid value:"
            + " \"a_\": should be a domain with at least two segments separated by dots",
      })
  void whatIsWrongWithAVolume(String edits, String expected) {
    String at = "spec.volumes[0]";
    String all = "/spec/volumes/0/" + edits.replace(";;", ";;/spec/volumes/0/");
    assertThat(JUDGE.create(POD, all))
        .containsExactly(
            (at + expected.replace(";;", ";;" + at)).replace("LABEL", LABEL).split(";;"));
  }
}
