package dev.coracle.apiserver.internal.authn;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import javax.crypto.KeyAgreement;

/**
 * Finds the public half of a private key on P-256, which the JDK has no call for. A key agreement
 * with the curve's generator yields the point's x; of the two y that fit it, a signature tells the
 * right one.
 */
final class CurvePoint {
  private static final byte[] PROBE = {1, 2, 3};

  private CurvePoint() {}

  static PublicKey publicKey(ECPrivateKey key, ECParameterSpec curve)
      throws GeneralSecurityException {
    KeyFactory factory = KeyFactory.getInstance("EC");
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
    agreement.init(key);
    agreement.doPhase(
        factory.generatePublic(new ECPublicKeySpec(curve.getGenerator(), curve)), true);
    BigInteger x = new BigInteger(1, agreement.generateSecret());
    Signature signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(key);
    signer.update(PROBE);
    byte[] signed = signer.sign();
    BigInteger p = ((ECFieldFp) curve.getCurve().getField()).getP();
    BigInteger y = root(curve, x, p);
    for (BigInteger candidate : new BigInteger[] {y, p.subtract(y)}) {
      PublicKey half =
          factory.generatePublic(new ECPublicKeySpec(new ECPoint(x, candidate), curve));
      Signature verifier = Signature.getInstance("SHA256withECDSA");
      verifier.initVerify(half);
      verifier.update(PROBE);
      if (verifier.verify(signed)) {
        return half;
      }
    }
    throw new GeneralSecurityException("the key does not belong to its curve");
  }

  /** The curve's prime is 3 modulo 4, so a square root is one power. */
  private static BigInteger root(ECParameterSpec curve, BigInteger x, BigInteger p) {
    BigInteger square =
        x.pow(3).add(curve.getCurve().getA().multiply(x)).add(curve.getCurve().getB()).mod(p);
    return square.modPow(p.add(BigInteger.ONE).shiftRight(2), p);
  }
}
