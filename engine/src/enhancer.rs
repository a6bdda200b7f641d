//! Hops in; voice and aligned input out: skeleton.
