"""Classes, options on the command line, the generator's step before the discriminator's, D's loss halved."""

import argparse
import math

import collapse_probe as cp
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--n_epochs", type=int, default=50)
parser.add_argument("--batch_size", type=int, default=64)
parser.add_argument("--lr", type=float, default=0.0002)
parser.add_argument("--b1", type=float, default=0.5)
parser.add_argument("--b2", type=float, default=0.999)
parser.add_argument("--latent_dim", type=int, default=32)
parser.add_argument("--img_size", type=int, default=8)
opt = parser.parse_args()
img_shape = (1, opt.img_size, opt.img_size)

torch.manual_seed(0)
imgs = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 8 - 1
imgs = nn.functional.interpolate(imgs, size=opt.img_size)
dataloader = DataLoader(TensorDataset(imgs), batch_size=opt.batch_size, shuffle=True)


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()

        def block(in_feat: int, out_feat: int) -> list[nn.Module]:
            return [nn.Linear(in_feat, out_feat), nn.BatchNorm1d(out_feat), nn.LeakyReLU(0.2, inplace=True)]

        self.model = nn.Sequential(
            *block(opt.latent_dim, 128), *block(128, 256), nn.Linear(256, math.prod(img_shape)), nn.Tanh()
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.model(z).view(len(z), *img_shape)


class Discriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(math.prod(img_shape), 256),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(256, 128),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(128, 1),
            nn.Sigmoid(),
        )

    def forward(self, img: Tensor) -> Tensor:
        return self.model(img.flatten(1))


adversarial_loss = nn.BCELoss()
generator = Generator()
discriminator = Discriminator()
probe = cp.attach(generator, discriminator, run="runs/generator-first")
optimizer_G = torch.optim.Adam(generator.parameters(), lr=opt.lr, betas=(opt.b1, opt.b2))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=opt.lr, betas=(opt.b1, opt.b2))

for epoch in range(opt.n_epochs):
    for (real_imgs,) in dataloader:
        valid = torch.ones(len(real_imgs), 1)
        fake = torch.zeros(len(real_imgs), 1)

        optimizer_G.zero_grad()
        gen_imgs = generator(torch.randn(len(real_imgs), opt.latent_dim))
        g_loss = adversarial_loss(discriminator(gen_imgs), valid)
        g_loss.backward()
        optimizer_G.step()

        optimizer_D.zero_grad()
        real_loss = adversarial_loss(discriminator(real_imgs), valid)
        fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
    print(f"[epoch {epoch}/{opt.n_epochs}] [D loss {d_loss.item():.3f}] [G loss {g_loss.item():.3f}]")
