package dev.coracle.apiserver.internal.authn;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import org.junit.jupiter.api.Test;

class CurvePointTest {
  @Test
  void findsThePublicHalfOfAPrivateKey() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    // Of each point and its mirror image one is right, so a few keys meet both.
    for (int i = 0; i < 20; i++) {
      KeyPair pair = generator.generateKeyPair();
      ECPrivateKey key = (ECPrivateKey) pair.getPrivate();
      assertThat(CurvePoint.publicKey(key, key.getParams()).getEncoded())
          .isEqualTo(pair.getPublic().getEncoded());
    }
  }
}
