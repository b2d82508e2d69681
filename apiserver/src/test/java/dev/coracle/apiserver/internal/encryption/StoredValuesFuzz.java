package dev.coracle.apiserver.internal.encryption;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.apiserver.internal.grpc.WireFields;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Encrypted values as they come from the store, and what a KMS plugin says: opened, or refused. */
class StoredValuesFuzz {

  private static final byte[] KEY = new byte[32];
  private static final byte[] AT = "/registry/secrets/a/b".getBytes(StandardCharsets.UTF_8);

  @FuzzTest(maxDuration = "60s")
  void values(byte[] input) {
    read(input);
  }

  @Test
  void changedValues() throws Exception {
    byte[] plain = "k8s secret".getBytes(StandardCharsets.UTF_8);
    new Fuzzer()
        .seed(new AesGcm(KEY).seal(plain, AT))
        .seed(new AesCbc(KEY).seal(plain, AT))
        .seed(new SecretBox(KEY).seal(plain, AT))
        .seed(WireFields.entry("a", plain))
        .words("\n\1", "\22\1", "\42\4\n\1a", "k8s:enc:")
        .run(StoredValuesFuzz::read);
  }

  private static void read(byte[] input) {
    for (LocalKey.Cipher cipher : List.of(new AesGcm(KEY), new AesCbc(KEY), new SecretBox(KEY))) {
      try {
        cipher.open(input, AT);
      } catch (GeneralSecurityException e) {
        // The value is told to be damaged.
      }
    }
    try {
      WireFields fields = WireFields.read(input);
      fields.text(2);
      fields.number(5);
      fields.map(4);
    } catch (IllegalStateException e) {
      // Likewise.
    }
  }
}
